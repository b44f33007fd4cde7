import { runInDurableObject } from "cloudflare:test";
import { expect, vi } from "vitest";
import type { HubMethod } from "../../../src/hub/client.ts";
import { type Answer, type App, type Fetch, type Session } from "./client.ts";
import { codeOf, listed } from "./devices.ts";
import { workerWith } from "./elsewhere.ts";
import { type Mishap, attemptsHubOf, callBy, hubsWhere } from "./faults.ts";
import { patience } from "./heard.ts";
import { type Household, bySn } from "./household.ts";
import { audit } from "./records.ts";
import { Device, upgrade } from "./socket.ts";
import { Token } from "./wire.ts";

/** What a device has heard: events by name, and the code where it was closed. */
export type Heard = readonly (string | number)[];

/** A call that asks a hub's method, and all that comes of it: once, though the hub's first answer is lost. */
export interface Case {
  method: HubMethod;
  title: string;
  ask: (home: Household, fetch: Fetch) => Promise<unknown>;
  /** What the caller reads. */
  answer: unknown;
  phone?: Heard;
  laptop?: Heard;
  /** The operations that the audit names, sorted; absent where the call writes nothing. */
  audit?: readonly string[];
  /** What holds afterwards. */
  after?: (home: Household) => Promise<void>;
}

export const success = { code: 200, data: true };
const told = (device_sn: number) => ({ device_sn, was_online: true, notified: true });
const bodyOf = async (answer: Promise<Answer>) => (await answer).body;
export const binding = { device_sn: 1, device_token: "t", notifier_name: "fcm" };
const enable = async ({ app, user }: Household) => {
  await app.admin.put("/user/enable", { list: [user.id] });
};
export const phoneIsBound = async ({ phone, laptop }: Household) =>
  (await listed(laptop, phone.deviceSn)).push_bound;

/** Signs in with a password; `more` may name a device. */
async function signIn({ app, user }: Household, fetch: Fetch, password: string, more = {}) {
  const json = { name: user.name, password, ...more };
  return await bodyOf(callBy(fetch, app.nobody, "POST", "/token/user", { json }));
}

export const cases: readonly Case[] = [
  {
    method: "check",
    title: "a read of what no hub has",
    ask: ({ laptop }, fetch) => bodyOf(callBy(fetch, laptop, "GET", "/roster/list")),
    answer: { code: 200, data: [] },
  },
  {
    method: "tags",
    title: "a read of the tags",
    ask: ({ laptop }, fetch) => bodyOf(callBy(fetch, laptop, "GET", "/user/push/tag")),
    answer: { code: 200, data: [] },
  },
  {
    method: "profile",
    title: "a read of the profile",
    ask: ({ laptop }, fetch) => bodyOf(callBy(fetch, laptop, "GET", "/user/profile")),
    answer: { code: 200, data: { nick_name: "" } },
  },
  {
    method: "picture",
    title: "a look at all that is known",
    ask: ({ app, user }, fetch) => bodyOf(callBy(fetch, app.actingFor(user), "GET", "/admin/user")),
    answer: { code: 200, data: { online: true } },
  },
  {
    method: "explain",
    title: "a question for what stands in the way",
    ask: ({ app, user }, fetch) =>
      bodyOf(callBy(fetch, app.admin, "POST", "/admin/explain", { json: { for: "push", user_id: user.id } })),
    answer: { code: 200 },
  },
  {
    method: "settings",
    title: "a read of the settings",
    ask: ({ laptop }, fetch) => bodyOf(callBy(fetch, laptop, "GET", "/user/settings")),
    answer: { code: 200, data: { no_push: false } },
  },
  {
    method: "mayTry",
    title: "the try of a sign-in",
    ask: (home, fetch) => signIn(home, fetch, home.user.password),
    answer: { code: 200 },
  },
  {
    method: "failed",
    title: "a wrong password",
    ask: (home, fetch) => signIn(home, fetch, "not the word"),
    answer: { code: 11001, data: null },
    audit: [],
  },
  {
    method: "passed",
    title: "a right password",
    ask: (home, fetch) => signIn(home, fetch, home.user.password),
    answer: { code: 200 },
    audit: [],
  },
  {
    method: "forgive",
    title: "a right password after a wrong one",
    async ask(home, fetch) {
      const codes = [];
      for (const password of ["not the word", home.user.password]) {
        codes.push((await signIn(home, fetch, password))["code"]);
      }
      return codes;
    },
    answer: [11001, 200],
    audit: [],
  },
  {
    method: "knows",
    title: "a sign-in from a known address after the tries of strangers",
    async ask(home, fetch) {
      await signIn(home, workerWith({}), "not the word");
      await runInDurableObject(attemptsHubOf(home.app, home.user), (_hub, state) => {
        const minute = Math.floor(Date.now() / 60_000);
        state.storage.sql.exec(
          "insert or replace into failure_minutes (minute, count) values (?, 100)",
          minute,
        );
      });
      return await signIn(home, fetch, home.user.password);
    },
    answer: { code: 200 },
    audit: [],
  },
  {
    method: "signIn",
    title: "a sign-in of a device that was signed in",
    async ask(home, fetch) {
      const body = await signIn(home, fetch, home.user.password, { device_guid: "phone" });
      const { token } = Token.parse(body["data"]);
      return { body, code: await codeOf(home.app.nobody.with({ "access-token": token })) };
    },
    answer: { body: { code: 200, data: { device_sn: 1 } }, code: 200 },
    phone: ["replaced", 4004],
    laptop: ["device_logout"],
    audit: ["session.replaced"],
  },
  {
    method: "take",
    title: "a ban",
    ask: ({ app, user }, fetch) =>
      bodyOf(callBy(fetch, app.admin, "PUT", "/user/disable", { json: { list: [user.id] } })),
    answer: { ...success, results: [{ success: true, devices: [told(1), told(2)] }] },
    phone: ["disabled", 4002],
    laptop: ["disabled", 4002],
    audit: ["disableUsers", "enableUsers", "session.disabled", "session.disabled"],
    after: enable,
  },
  {
    method: "logout",
    title: "a sign-out",
    ask: ({ phone }, fetch) => bodyOf(callBy(fetch, phone, "POST", "/token/logout")),
    answer: success,
    phone: [4000],
    laptop: ["device_logout"],
    audit: ["session.logout"],
  },
  {
    method: "kick",
    title: "a kick of one device by another",
    ask: ({ laptop, phone }, fetch) =>
      bodyOf(callBy(fetch, laptop, "POST", "/user/kick", { query: bySn(phone) })),
    answer: { ...success, results: [told(1)] },
    phone: ["kicked", 4005],
    audit: ["session.kicked"],
  },
  {
    method: "kick",
    title: "a kick of one device by an admin",
    ask: ({ app, user, phone }, fetch) =>
      bodyOf(callBy(fetch, app.actingFor(user), "POST", "/user/kick", { query: bySn(phone) })),
    answer: { ...success, results: [told(1)] },
    phone: ["kicked", 4005],
    laptop: ["device_logout"],
    audit: ["kick", "session.kicked"],
  },
  {
    method: "kick",
    title: "a kick of all, the caller among them",
    ask: ({ laptop }, fetch) => bodyOf(callBy(fetch, laptop, "POST", "/user/kick")),
    answer: { ...success, results: [told(1), told(2)] },
    phone: ["kicked", 4005],
    laptop: ["kicked", 4005],
    audit: ["session.kicked", "session.kicked"],
  },
  {
    method: "route",
    title: "a push that counts on the badge",
    async ask({ app, user }, fetch) {
      const json = { list: [user.id], badge: { add: 2 } };
      return await bodyOf(callBy(fetch, app.admin, "POST", "/admin/push/route", { json }));
    },
    answer: { code: 200, data: [{ reason: "no_device", badge: 2 }] },
    audit: [],
    async after({ laptop }) {
      expect((await laptop.get("/user/push/badge")).data).toBe(2);
    },
  },
  {
    method: "muteDevice",
    title: "a device that is muted by an admin",
    ask: ({ app, user, phone }, fetch) => {
      const json = { device_sn: phone.deviceSn, no_push: true };
      return bodyOf(callBy(fetch, app.actingFor(user), "POST", "/user/push/device", { json }));
    },
    answer: success,
    audit: ["muteDevice"],
    async after({ phone, laptop }) {
      expect((await listed(laptop, phone.deviceSn)).no_push).toBe(true);
    },
  },
  {
    method: "removeDevice",
    title: "the removal of a device by an admin",
    ask: ({ app, user, phone }, fetch) =>
      bodyOf(callBy(fetch, app.actingFor(user), "POST", "/user/device/remove", { query: bySn(phone) })),
    answer: success,
    phone: ["device_removed", 4010],
    laptop: ["device_removed"],
    audit: ["removeDevice", "session.device_removed"],
  },
  {
    method: "removeDevice",
    title: "the removal of a device by itself",
    ask: ({ phone }, fetch) =>
      bodyOf(callBy(fetch, phone, "POST", "/user/device/remove", { query: bySn(phone) })),
    answer: success,
    phone: ["device_removed", 4010],
    laptop: ["device_removed"],
    audit: ["session.device_removed"],
  },
  {
    method: "listDevices",
    title: "a device list",
    ask: ({ laptop }, fetch) => bodyOf(callBy(fetch, laptop, "GET", "/user/device/list")),
    answer: { code: 200, data: [{ device_sn: 1 }, { device_sn: 2 }] },
  },
  {
    method: "tryPolicy",
    title: "a dry run of the sign-in policy",
    ask: ({ laptop }, fetch) =>
      bodyOf(callBy(fetch, laptop, "GET", "/user/device/policy", { query: { platform: "1" } })),
    answer: { code: 200, data: { admitted: true, displaced: [] } },
  },
  {
    method: "online",
    title: "the online state",
    ask: ({ laptop }, fetch) => bodyOf(callBy(fetch, laptop, "GET", "/user/online_status")),
    answer: { code: 200 },
  },
  {
    method: "bindPush",
    title: "a push binding by an admin",
    ask: ({ app, user }, fetch) =>
      bodyOf(callBy(fetch, app.actingFor(user), "POST", "/user/token/bind", { json: binding })),
    answer: success,
    audit: ["bindToken"],
    after: async (home) => expect(await phoneIsBound(home)).toBe(true),
  },
  {
    method: "unbindPush",
    title: "the end of a push binding by an admin",
    async ask({ app, user, phone }, fetch) {
      expect((await phone.post("/user/token/bind", binding)).code).toBe(200);
      const query = { deviceSn: "1" };
      return await bodyOf(callBy(fetch, app.actingFor(user), "POST", "/user/token/unbind", { query }));
    },
    answer: success,
    audit: ["unbindToken"],
    after: async (home) => expect(await phoneIsBound(home)).toBe(false),
  },
  {
    method: "change",
    title: "a change of the profile",
    ask: ({ laptop }, fetch) =>
      bodyOf(callBy(fetch, laptop, "POST", "/user/nickname", { json: { nick_name: "n" } })),
    answer: success,
    phone: ["info_updated"],
  },
  {
    method: "fetch",
    title: "a connection",
    async ask({ app, user }, fetch) {
      const tablet = await app.signIn(user, { device_guid: "tablet" });
      const { webSocket } = await upgrade(tablet.headers, {}, fetch);
      if (!webSocket) throw new Error("no socket");
      return await new Device(webSocket).welcome();
    },
    answer: { device_sn: 3 },
    phone: ["device_added", "device_login"],
    laptop: ["device_added", "device_login"],
    audit: [],
  },
];

/** The Worker whose hubs have a mishap in a method, and how often the method was done there. */
export function unlucky(method: HubMethod, mishap: Mishap): { fetch: Fetch; done: () => number } {
  const count = counted(mishap);
  return { fetch: workerWith({ HUB: hubsWhere(method, count.mishap) }), done: count.done };
}

/** Counts how often a method is done. */
function counted(mishap: Mishap): { mishap: Mishap; done: () => number } {
  let done = 0;
  const count: Mishap = async (run) =>
    await mishap(async () => {
      done++;
      return await run();
    });
  return { mishap: count, done: () => done };
}

/** What the audit names, sorted, once it has all that happened before the device `marker` signs out. */
export async function recorded(app: App, marker: Session): Promise<string[]> {
  expect((await marker.post("/token/logout")).code).toBe(200);
  const records = await vi.waitUntil(async () => {
    const all = await audit(app.admin);
    return all.some((row) => row.device_sn === marker.deviceSn) && all;
  }, patience);
  return records
    .filter((row) => row.device_sn !== marker.deviceSn && row.subject !== null)
    .map((row) => row.operation)
    .toSorted();
}
