import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  attachmentMessages,
  openingPackets,
  pong,
  readAttachment,
  readPacket,
} from "../../src/sdk/engine-io.ts";
import { noticeFrame, provisionAnswer, readFrame, syncAnswer, unreadAnswer } from "../../src/sdk/frames.ts";
import { Message, commands, encode, frame, provisionPayload } from "./kit/sdk-client.ts";

const done = { code: 1, reason: "" } as const;
const largest = Number.MAX_SAFE_INTEGER;

describe("frames", () => {
  it("are read as the SDK writes them, in all that this service knows of them", () => {
    const facts = { uid: largest, osType: 4, guid: "a guid", info: "名前" };
    expect(readFrame(frame(commands.provision, provisionPayload("a token", facts)))).toEqual({
      vsn: 3,
      command: "provision",
      provision: { uid: BigInt(largest), token: "a token", osType: 4, guid: "a guid", info: "名前" },
    });
    expect(readFrame(frame(commands.provision, encode([[6, "a token"]])))).toMatchObject({
      provision: { uid: 0n, token: "a token", osType: 0, guid: "", info: "" },
    });
    expect(readFrame(new Uint8Array())).toEqual({ vsn: 0, command: "unread" });
    expect(readFrame(frame(commands.unread, new Uint8Array()))).toEqual({ vsn: 3, command: "unread" });
    expect(
      readFrame(
        frame(
          commands.sync,
          encode([
            [
              1,
              encode([
                [1, 7],
                [2, 2],
              ]),
            ],
            [5, 3],
          ]),
        ),
      ),
    ).toMatchObject({
      command: "sync",
      conversation: { uid: 7n, deviceSN: 2 },
    });
    expect(readFrame(frame(commands.notice, new Uint8Array()))).toMatchObject({ command: "other" });
  });

  it("are written with ids below 2^53 whole", () => {
    const self = { userId: largest, deviceSn: 4_000_000_000 };
    const xid = new Message(provisionAnswer(1, done, self)).message(4).message(2);
    expect([xid.number(1), xid.number(2)]).toEqual([largest, 4_000_000_000]);
    const notice = noticeFrame(1, { id: largest, type: 10, from: self, to: self, at: largest });
    const meta = new Message(notice).message(4).message(2);
    expect([meta.number(1), meta.number(4), meta.number(5)]).toEqual([largest, largest, 4]);
    expect([meta.message(2).number(1), meta.message(3).number(2)]).toEqual([largest, 4_000_000_000]);
    expect(meta.message(6).number(1)).toBe(10);
  });

  it("are written with every field that a reader may require, be it zero", () => {
    const nobody = { userId: 0, deviceSn: 0 };
    const answers = [
      provisionAnswer(0, { code: 7, reason: "" }),
      unreadAnswer(0, done),
      syncAnswer(0, done, undefined, undefined),
      noticeFrame(0, { id: 1, type: 6, from: nobody, to: nobody, at: 1 }),
    ].map((bytes) => new Message(bytes));
    for (const answer of answers) {
      expect([1, 2, 3, 4, 5].map((field) => answer.has(field))).toEqual([true, true, true, true, true]);
      expect(answer.message(4).message(1).has(1)).toBe(true);
    }
    const about = answers.slice(2).map((answer) => answer.message(4).needed(4));
    expect(about.map((xid) => [xid.has(1), xid.has(2)])).toEqual([
      [true, true],
      [true, true],
    ]);
    const from = answers[3]?.message(4).message(2).message(2);
    expect([from?.has(1), from?.has(2)]).toEqual([true, true]);
  });

  it("of any bytes are read or refused, and never throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(4), (bytes, command) => {
        expect(() => readFrame(bytes)).not.toThrow();
        expect(() => readFrame(frame(command, bytes))).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("packets", () => {
  it("of any text are read or refused, and never throw", () => {
    const head = fc.constantFrom("", "2", "4", "42", "45", "451-", '451-["frame",');
    fc.assert(
      fc.property(head, fc.string({ unit: "binary" }), (start, rest) => {
        expect(() => readPacket(start + rest)).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });

  it("of a frame come back as that frame", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const [text, message] = attachmentMessages(bytes);
        expect(readPacket(text)).toEqual({ kind: "announcement" });
        expect(readAttachment(message)).toEqual(bytes);
      }),
    );
  });

  it("open with the words of Engine.IO 3 and Socket.IO 2, and answer a ping in kind", () => {
    expect(openingPackets("abc")).toEqual([
      '0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000}',
      "40",
    ]);
    expect(readPacket("2probe")).toEqual({ kind: "ping", data: "probe" });
    expect(pong("probe")).toBe("3probe");
  });
});
