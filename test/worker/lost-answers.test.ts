import { abortAllDurableObjects } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { UserHub } from "../../src/hub/user-hub.ts";
import { type Session, newApp } from "./kit/client.ts";
import { type Mishap, attemptsHubOf, failuresOf, hubsCallingWith, losingFirst } from "./kit/faults.ts";
import { newHousehold } from "./kit/household.ts";
import { type Heard, cases, recorded, unlucky } from "./kit/lost.ts";
import type { Device } from "./kit/socket.ts";
import { Notice } from "./kit/wire.ts";

/** What the platform calls by itself. */
const handlers = new Set(["constructor", "alarm", "webSocketMessage", "webSocketClose", "webSocketError"]);

/** All that a device hears until the device `marker` is added; where it is to be closed, all that it heard. */
async function heardBy(device: Device, marker: Session, isToClose: boolean): Promise<Heard> {
  if (isToClose) {
    const { code } = await device.closed();
    return [...device.unread.map((text) => Notice.parse(JSON.parse(text)).event), code];
  }
  const heard: string[] = [];
  for (;;) {
    const frame = await device.frame();
    if (frame.type !== "notice") throw new Error(`a ${frame.type} came in place of a notice`);
    if (frame.event === "device_added" && frame.by["device_sn"] === marker.deviceSn) return heard;
    heard.push(frame.event);
  }
}

/** The hub's first answer is lost as the object dies with it: nothing is left but what it has stored. */
function dyingFirst(): Mishap {
  let isDead = false;
  return async (run) => {
    const answer = await run();
    if (isDead) return answer;
    isDead = true;
    await abortAllDurableObjects();
    throw Object.assign(new Error("the object was reset"), { retryable: true });
  };
}

describe("a call whose hub loses its first answer", () => {
  it("is among these, whatever a hub is asked", () => {
    const methods = Object.getOwnPropertyNames(UserHub.prototype).filter((name) => !handlers.has(name));
    // Those of the import, of the export and of requests that are sent again have tests beside these.
    const beside = ["countFailure", "listsDevices", "devicesToTake", "receipts", "isConnected"];
    const asked = [...cases.map((each) => each.method), ...beside];
    expect(new Set(asked)).toEqual(new Set(methods));
  });

  it.concurrent.each(cases)("has its answer, and comes about once: $title", async (each) => {
    const home = await newHousehold();
    const { fetch, done } = unlucky(each.method, losingFirst({ retryable: true }));

    expect(await each.ask(home, fetch)).toMatchObject(Object(each.answer));

    expect(done()).toBe(2);
    await each.after?.(home);
    const marker = await home.app.signIn(home.user, { device_guid: "marker" });
    const heard = async (device: Device, expected: Heard = []) => {
      expect(await heardBy(device, marker, typeof expected.at(-1) === "number")).toEqual(expected);
    };
    await heard(home.phoneSocket, each.phone);
    await heard(home.laptopSocket, each.laptop);
    expect(await recorded(home.app, marker)).toEqual(each.audit ?? []);
  });

  const writes = cases.filter((each) => each.audit !== undefined);

  it.each(writes)(
    "has its answer, and is recorded once, though the hub dies with it: $title",
    async (each) => {
      const home = await newHousehold();
      const { fetch, done } = unlucky(each.method, dyingFirst());

      const answer = await each.ask(home, fetch);

      expect(answer).toMatchObject(Object(each.answer));
      expect(done()).toBe(2);
      await each.after?.(home);
      const marker = await home.app.signIn(home.user, { device_guid: "marker" });
      expect(await recorded(home.app, marker)).toEqual(each.audit ?? []);
    },
  );

  it("counts once a failure that one hub tells another", async () => {
    const app = await newApp();
    const user = await app.user();
    const wrong = { name: user.name, password: "not the word" };
    await app.nobody.post("/token/user", wrong);
    await vi.waitUntil(async () => (await failuresOf(app, user)) === 1);
    let done = 0;
    const losing = losingFirst({ retryable: true });
    const restore = await hubsCallingWith(attemptsHubOf(app, user), "countFailure", async (run) => {
      done++;
      return await losing(run);
    });
    await app.nobody.post("/token/user", wrong);
    await vi.waitUntil(() => done === 2);
    restore();
    await expect.poll(() => failuresOf(app, user)).toBe(2);
  });
});
