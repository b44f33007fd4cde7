import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type App, type Session, type User, dataOf, newApp } from "./kit/client.ts";
import { codeOf, listDevices } from "./kit/devices.ts";
import { Placement } from "./kit/wire.ts";

/** A device that signs in, or would. */
interface Newcomer {
  platform: number;
  device_guid: string;
}

async function tryPolicy(app: App, user: User, { platform, device_guid }: Newcomer) {
  const query = { platform: String(platform), device_guid };
  return dataOf(await app.actingFor(user).get("/user/device/policy", query), Placement);
}

const newcomers: fc.Arbitrary<Newcomer> = fc.record({
  platform: fc.integer({ min: 1, max: 6 }),
  device_guid: fc.constantFrom("a", "b", "c", "d", "e"),
});
const limits = fc.record(
  {
    mobile: fc.integer({ min: 1, max: 2 }),
    desktop: fc.integer({ min: 1, max: 2 }),
    web: fc.integer({ min: 1, max: 2 }),
    total: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: [] },
);
const policies = fc.record({
  limits,
  overflow: fc.constantFrom("kick_oldest", "kick_oldest", "refuse_new"),
});

/** Signs devices in, in order; those that the policy has no place for stay out. */
async function signInAll(app: App, user: User, devices: readonly Newcomer[]) {
  const sessions = new Map<string, Session>();
  for (const device of devices) {
    const { admitted } = await tryPolicy(app, user, device);
    if (admitted) sessions.set(device.device_guid, await app.signIn(user, { ...device }));
  }
  return sessions;
}

describe("the dry run of the sign-in policy", () => {
  it(
    "says exactly whom the sign-in that follows displaces, or that it is refused, and changes nothing",
    { timeout: 60_000 },
    async () => {
      const property = fc.asyncProperty(
        policies,
        fc.array(newcomers, { minLength: 2, maxLength: 6 }),
        newcomers,
        async (sign_in_policy, devices, newcomer) => {
          const app = await newApp({ sign_in_policy });
          const user = await app.user();
          const sessions = await signInAll(app, user, devices);
          const own = sessions.get(newcomer.device_guid);
          const others = [...sessions.values()].filter((session) => session !== own);
          const alive: Session[] = [];
          for (const session of others) if ((await codeOf(session)) === 200) alive.push(session);

          const before = await listDevices(app.actingFor(user));
          const trial = await tryPolicy(app, user, newcomer);
          expect(await tryPolicy(app, user, newcomer)).toEqual(trial);
          expect(await listDevices(app.actingFor(user))).toEqual(before);
          for (const session of alive) expect(await codeOf(session)).toBe(200);

          const { name, password } = user;
          const answer = await app.nobody.post("/token/user", { name, password, ...newcomer });
          expect(answer.code).toBe(trial.admitted ? 200 : 10031);
          const displaced = new Set<number | undefined>();
          for (const session of alive) if ((await codeOf(session)) !== 200) displaced.add(session.deviceSn);
          expect(displaced).toEqual(new Set(trial.displaced));
        },
      );
      await fc.assert(property, { numRuns: 10, endOnFailure: true });
    },
  );

  it.each([
    ["takes the oldest of the newcomer's class first", { limits: { mobile: 1, total: 3 } }, 1, [1]],
    ["takes as many as the limit asks for", { limits: { total: 1 } }, 6, [1, 2]],
    ["takes nobody where there is room", { limits: { total: 3 } }, 6, []],
  ])("%s", async (_, policy, platform, displaced) => {
    const app = await newApp();
    const { user } = await app.session({ device_guid: "phone", platform: 1 });
    await app.signIn(user, { device_guid: "laptop", platform: 4 });
    await app.root.put("/admin/app", { sign_in_policy: { ...policy, overflow: "kick_oldest" } });
    const trial = await tryPolicy(app, user, { device_guid: "new", platform });
    expect(trial).toEqual({ admitted: true, displaced });
  });

  it("tells a device of the list that it takes its own place, and a session may ask for itself", async () => {
    const sign_in_policy = { limits: { total: 1 }, overflow: "refuse_new" };
    const app = await newApp({ sign_in_policy });
    const { session } = await app.session({ device_guid: "phone", platform: 1 });
    const ask = async (query: Record<string, string>) =>
      dataOf(await session.get("/user/device/policy", { platform: "1", ...query }), Placement);
    expect(await ask({ device_guid: "phone" })).toEqual({ admitted: true, displaced: [] });
    expect(await ask({ device_guid: "tablet" })).toEqual({ admitted: false, displaced: [] });
    expect(await ask({})).toEqual({ admitted: false, displaced: [] });
    expect((await session.get("/user/device/policy")).code).toBe(10002);
    expect((await session.get("/user/device/policy", { platform: "7" })).code).toBe(10002);
    expect(await codeOf(session)).toBe(200);
  });
});
