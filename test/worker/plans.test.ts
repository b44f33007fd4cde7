import { createMessageBatch, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import worker from "../../src/index.ts";
import { type App, newApp, newName, root } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { exampleOf } from "./kit/contract/examples.ts";
import { callerOf, newStage, place, plainBindings, send } from "./kit/contract/stage.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubNameOf, hubOf, hubsWhere, runCron, unreached } from "./kit/faults.ts";
import { patience } from "./kit/heard.ts";
import { newHousehold } from "./kit/household.ts";
import { exported, fullRow, importOne } from "./kit/moving-in.ts";
import { moveToEnd } from "./kit/moving.ts";
import { eventsKept, newHookedApp, outside, queueThat } from "./kit/receiver.ts";
import { sdkOpen } from "./kit/sdk-client.ts";
import { connect } from "./kit/socket.ts";
import { eventually, watch } from "./kit/watching.ts";
import { buildersInSource, grantsInSource, growing, notedStatements, planOf } from "./kit/statements.ts";

outside();
const statements = notedStatements();
const setForward = movableClock();

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

type Query = Record<string, string>;

/** Every choice of one of each of these, "" being none of it. */
function choices(of: Record<string, readonly string[]>): Query[] {
  return Object.entries(of).reduce<Query[]>(
    (queries, [name, values]) =>
      queries.flatMap((query) => values.map((value) => (value === "" ? query : { ...query, [name]: value }))),
    [{}],
  );
}

const listings: Record<string, Query[]> = {
  "/user/list": [
    ...choices({ status: ["", "0", "1"], keyword: ["", "us"], page_num: ["", "2"] }),
    ...choices({ status: ["", "0", "1"], cursor: ["5"] }),
    ...choices({ status: ["", "0", "1"], keyword: ["us"], cursor: ["name:user"] }),
  ],
  "/admin/bans": choices({ user_id: ["", "1"], cursor: ["", "7"] }),
  "/admin/audit": choices({
    user_id: ["", "1"],
    caller: ["", "admin:test", "user:1", "root", "system"],
    operation: ["", "setProfile", "session.kicked"],
    since: ["", "1"],
    until: ["", "9000000000000"],
    cursor: ["", "8000000000000.7"],
  }),
  "/admin/webhooks/dead": choices({ cursor: ["", "evt_1"] }),
  "/admin/webhooks/deliveries": choices({ cursor: ["", `8000000000000.${"0".repeat(32)}`] }),
  "/admin/users": [
    ...choices({
      q: ["7", "user", "13800000000", "wren@example.org", "01893c4f-3c55-7a53-9a35-0f6c1cf3f6d1"],
    }),
    { q: "user", cursor: "name:user" },
  ],
};

async function readLists(): Promise<void> {
  const { admin } = await newApp();
  for (const [path, queries] of Object.entries(listings)) {
    for (const query of queries) expect(await admin.get(path, query)).toMatchObject({ code: 200 });
  }
}

/** More users than are asked whether they are connected. */
async function countConnected(): Promise<void> {
  const app = await newApp();
  await Promise.all(Array.from({ length: 25 }, async () => await app.user()));
  expect((await app.admin.get("/admin/connected")).code).toBe(200);
}

/** What staff do beside lists. */
async function watchAndReplay(): Promise<void> {
  const { app } = await newHookedApp();
  const { user, session } = await app.session({ device_guid: "phone" });
  const watcher = await watch(app.actingFor(user));
  await watcher.told("picture");
  watcher.close();
  expect(await app.actingFor(user).get("/admin/user", { cursor: "8000000000000.7" })).toMatchObject({
    code: 200,
  });
  expect(await app.admin.post("/admin/users", { q: session.token })).toMatchObject({ code: 200 });
  const bare = (await app.session()).session;
  const device_guid = newName("named late");
  const socket = await connect(bare, { device_guid });
  const finds = async () =>
    z
      .object({ data: z.array(z.unknown()).min(1) })
      .safeParse((await app.admin.post("/admin/users", { q: device_guid })).body).success;
  expect(await eventually(finds)).toBe(true);
  socket.close();
  for (const which of [{ since: 1 }, { ids: ["evt_none"] }])
    expect(await app.admin.post("/admin/webhooks/replay", which)).toMatchObject({ code: 200 });
}

async function callEverything(): Promise<void> {
  for (const binding of plainBindings) {
    const { operation, method } = binding;
    if (method !== operation.methods[0]) continue;
    const stage = await newStage();
    const sent = place(operation, await exampleOf(operation).valid(stage));
    expect((await send(callerOf(operation, stage), binding, sent)).code).toBe(200);
  }
  // By an admin, who names a group's owner: what is written is recorded.
  const stage = await newStage();
  const owner = { group_id: String(await stage.group(8)) };
  expect((await stage.admin.with(owner).post("/user/profile", { nick_name: "Wren" })).code).toBe(200);
}

async function signInEveryWay(): Promise<void> {
  const app = await newApp();
  const { user, session } = await app.session({ device_guid: "phone", platform: 1 });
  const [mobile, email, password] = ["13800000000", "wren@example.org", user.password];
  await session.set("/user/mobile", { mobile });
  await session.post("/user/profile", { email });
  await app.nobody.post("/token/login", { login_name: email, password });
  await app.nobody.post("/token/login", { login_name: mobile, password });
  await app.nobody.post("/token/id", { user_id: user.id, password: "not the word" });
  const dearer = workerWith({ PASSWORD_COST: "m=16,t=1" });
  await callBy(dearer, app.nobody, "POST", "/token/user", { json: { name: user.name, password } });
  // Tokens and apps that nobody has ever seen.
  await app.nobody.with({ "access-token": `wu_${"A".repeat(43)}` }).get("/user/profile");
  await (await sdkOpen()).provision(`wu_${"A".repeat(43)}0123456789ab`);
  await app.nobody.with({ app_id: newName("none") }).get("/user/profile");
}

async function loseTheHubsGeneration(): Promise<void> {
  const { session } = await (await newApp()).session();
  await env.DB.prepare("update users set hub_generation = 9 where id = ?").bind(session.userId).run();
  expect((await session.set("/user/nickname", { nick_name: "Wren" })).code).toBe(200);
}

async function banAndLift(app: App): Promise<void> {
  const { user } = await app.session();
  await app.disable(user, { until: Date.now() + HOUR });
  setForward(HOUR + 1000);
  expect(await runDurableObjectAlarm(hubOf(app, user))).toBe(true);
  setForward(0);
}

/** Users who move in, are changed and move out, with all that a row can say. */
async function moveInAndOut(): Promise<void> {
  const app = await newApp();
  const row = { ...fullRow(), ban: { reason: "spam" }, status: 1 };
  await importOne(app, row);
  await importOne(app, { ...row, ban: { reason: "worse", until: Date.now() + HOUR } }, { mode: "upsert" });
  await importOne(app, { ...fullRow(), settings: { push_token: row.settings.push_token } });
  await app.admin.with({ user_id: String((await exported(app)).rows[0]?.user_id) }).get("/user/profile");
}

/** Requests that may be sent again: of one who is known, of a stranger, and one that fails. */
async function sendAgain(): Promise<void> {
  const app = await newApp();
  const { user, session } = await app.session({ device_guid: "phone" });
  const key = { "idempotency-key": "key" };
  await session.with(key).post("/user/profile", { nick_name: "Wren" });
  await app.admin.with(key).put("/user/disable", { list: [user.id] });
  await app.nobody.with(key).post("/user/register/v2", { username: user.name, password: "secret word" });
  const deaf = workerWith({ HUB: hubsWhere("kick", unreached) });
  await callBy(deaf, app.actingFor(user).with({ "idempotency-key": "other" }), "POST", "/user/kick");
  const { name, password } = await app.user();
  const shut = workerWith({ HUB: hubsWhere("signIn", unreached) });
  await callBy(shut, app.nobody.with(key), "POST", "/token/user", { json: { name, password } });
}

async function pushAndRelease(): Promise<void> {
  const { phone, laptop } = await newHousehold();
  const binding = { device_sn: phone.deviceSn, device_token: newName("token"), notifier_name: "fcm" };
  await phone.post("/user/token/bind", binding);
  // Called for again, of a hub that knows nothing of the first time.
  let isFirst = true;
  const again = hubsWhere("bindPush", async (run) => {
    if (!isFirst) return await run();
    isFirst = false;
    throw Object.assign(new Error("the object is gone"), { retryable: true });
  });
  await callBy(workerWith({ HUB: again }), phone, "POST", "/user/token/bind", { json: binding });
  await laptop.get("/user/device/list");
  await laptop.post("/user/kick");
}

/** An app whose users stand in a database of their own. */
async function callElsewhere(): Promise<void> {
  const app = await newApp({ database: 1 });
  const { user, session } = await app.session();
  expect((await app.actingFor(user).post("/user/nickname", { nick_name: "Wren" })).code).toBe(200);
  expect((await app.admin.get("/admin/audit")).code).toBe(200);
  expect((await session.get("/user/profile")).code).toBe(200);
  // To its end: what is closed in the middle of it is closed for the tests behind these as well.
  await moveToEnd(app, 2, setForward);
  setForward(0);
}

async function deliverEvents(): Promise<void> {
  const { app, receiver } = await newHookedApp();
  receiver.answer = () => new Response("no", { status: 500 });
  const fetch = workerWith({ WEBHOOKS: queueThat(async () => undefined) });
  const json = { username: newName(), password: "secret word" };
  await callBy(fetch, app.nobody, "POST", "/user/register/v2", { json });
  const handOver = async (id: string, queue = "warbler-webhooks") => {
    const body = { app_id: app.id, id };
    const message = { id: "message", timestamp: new Date(), attempts: 1, body };
    await worker.queue(createMessageBatch(queue, [message]), env);
  };
  const [event] = await vi.waitUntil(async () => {
    const kept = await eventsKept(app);
    return kept.length > 0 && kept;
  }, patience);
  await handOver(event?.id ?? "");
  await handOver(event?.id ?? "", "warbler-webhooks-dead");
  await handOver("evt_never");
  receiver.answer = () => new Response("yes");
  const other = { username: newName(), password: "secret word" };
  await callBy(fetch, app.nobody, "POST", "/user/register/v2", { json: other });
  const waiting = async () => (await eventsKept(app)).find(({ dead_at }) => dead_at === null);
  const next = await vi.waitUntil(waiting, patience);
  await handOver(next.id);
}

async function sweepAll(app: App): Promise<void> {
  const old = Date.now() - 200 * DAY;
  const { user } = await app.session();
  await env.DB.batch([
    env.DB.prepare("update tokens set expires_at = ? where app_id = ?").bind(old, app.id),
    env.DB.prepare("update audit set at = ? where app_id = ?").bind(old, app.id),
  ]);
  const deaf = workerWith({ HUB: hubsWhere("take", unreached) });
  await callBy(deaf, app.admin, "PUT", "/user/disable", { json: { list: [user.id] } });
  // No event of this file is to come off the queue behind its end.
  const WEBHOOKS = queueThat(async () => undefined);
  await runCron({ WEBHOOKS, HUB: hubsWhere("take", unreached, hubNameOf(app, user)) });
  const { app: hooked } = await newHookedApp();
  const failing = queueThat(async () => {
    throw new Error("the queue cannot be reached");
  });
  const json = { username: newName(), password: "secret word" };
  await callBy(workerWith({ WEBHOOKS: failing }), hooked.nobody, "POST", "/user/register/v2", { json });
  await runCron({ WEBHOOKS });
}

const times = (step: string, among: readonly string[]) => among.filter((each) => each === step).length;

beforeAll(async () => {
  const app = await newApp();
  await readLists();
  await callEverything();
  await watchAndReplay();
  await countConnected();
  await loseTheHubsGeneration();
  await signInEveryWay();
  await banAndLift(app);
  await pushAndRelease();
  await moveInAndOut();
  await sendAgain();
  await callElsewhere();
  await deliverEvents();
  await sweepAll(app);
  await root.get("/admin/apps");
}, 120_000);

describe("every statement of the program", () => {
  it("is sent on the tour of these tests, from each place that begins one", () => {
    expect(statements.builders()).toEqual(buildersInSource());
  });

  it("goes through no table and sorts nothing, but where a comment grants it", async () => {
    const found: { step: string; sql: string }[] = [];
    for (const statement of statements.sent()) {
      for (const step of growing(await planOf(statement))) found.push({ step, sql: statement.sql });
    }
    const granted = grantsInSource();
    const steps = found.map(({ step }) => step);
    expect(found.filter(({ step }) => times(step, steps) > times(step, granted))).toEqual([]);
    expect(granted.filter((step) => times(step, granted) > times(step, steps))).toEqual([]);
  });
});
