import { describe, expect, it } from "vitest";
import { sendableClose } from "../../src/protocol/closes.ts";

/** The codes that RFC 6455 and its registry let an endpoint send. */
function isSendable(code: number): boolean {
  const reserved = [1004, 1005, 1006, 1015];
  return (code >= 1000 && code <= 1014 && !reserved.includes(code)) || (code >= 3000 && code <= 4999);
}

describe("a received close", () => {
  it("is passed on where its code may be sent, and no other is", () => {
    const codes = Array.from({ length: 65_536 }, (_, code) => code);
    const passedOn = codes.filter((code) => sendableClose(code, "bye") !== undefined);
    expect(passedOn).toEqual(codes.filter(isSendable));
    expect(sendableClose(4005, "bye")).toEqual({ code: 4005, reason: "bye" });
  });

  it("is passed on with as much of its reason as a close frame holds, in whole characters", () => {
    expect(sendableClose(1000, "x".repeat(124))?.reason).toBe("x".repeat(123));
    expect(sendableClose(1000, "é".repeat(62))?.reason).toBe("é".repeat(61));
    expect(sendableClose(1000, "😀".repeat(31))?.reason).toBe("😀".repeat(30));
    // What bytes that are no UTF-8 are read as takes three bytes each.
    expect(sendableClose(1000, "\uFFFD".repeat(123))?.reason).toBe("\uFFFD".repeat(41));
  });

  it("is one that the runtime sends, whatever came", () => {
    const reasons = ["", "bye", "\uFFFD".repeat(123), "\uD83D".repeat(123), "x".repeat(1_000)];
    const codes = [0, 999, 1000, 1004, 1005, 1006, 1015, 1016, 2999, 3000, 4999, 5000, 65_535];
    for (const { code, reason } of codes.flatMap((each) =>
      reasons.map((of) => ({ code: each, reason: of })),
    )) {
      const closing = sendableClose(code, reason);
      const { 0: socket, 1: peer } = new WebSocketPair();
      socket.accept();
      peer.accept();
      expect(() => socket.close(closing?.code, closing?.reason), `${code} ${reason}`).not.toThrow();
    }
  });
});
