import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, type App, type Client, newApp } from "./kit/client.ts";
import { fromElsewhere } from "./kit/race.ts";
import { notedStatements, rowsRead } from "./kit/statements.ts";

const statements = notedStatements();

const HOUR = 3_600_000;

/** How many ended bans there are whose rows do not say so yet. */
const OVER = 5;

/** An app and the ids of its users, one behind the other. */
interface Filled {
  app: App;
  first: number;
  count: number;
}

/**
 * Fills an app with so many users with their settings, of whom each tenth is disabled, with a record of each, and another, a ban and an event that
 * was given up of each who is disabled.
 */
async function fill(count: number): Promise<Filled> {
  const app = await newApp();
  const now = Date.now();
  const numbers = `with recursive numbers(n) as (select 0 union all select n + 1 from numbers where n + 1 < ${count})`;
  const last = await env.DB.prepare(
    "select coalesce(max(seq), 0) as id from sqlite_sequence where name = 'users'",
  ).first<number>("id");
  const first = Number(last) + 1;
  const of = "from users where app_id = ?";
  const disabled = `${of} and status = 1`;
  await env.DB.batch([
    env.DB.prepare(
      `insert into users (id, app_id, username, username_key, password, mobile_key, email_key, status, disabled_until, created_at, updated_at)
       ${numbers} select ? + n, ?, printf('user_%06d', n), printf('user_%06d', n), '', '+' || (1000000000 + n), 'user_' || n || '@example.org',
         n % 10 = 0, iif(n % 10 <> 0, null, iif(n < ${OVER * 10}, 1, ?)), ?, ? from numbers`,
    ).bind(first, app.id, now + HOUR, now, now),
    env.DB.prepare(`insert into user_settings (user_id, app_id) select id, app_id ${of}`).bind(app.id),
    env.DB.prepare(
      `insert into bans (app_id, user_id, banned_at, banned_by) select app_id, id, 0, 'admin:test' ${disabled}`,
    ).bind(app.id),
    env.DB.prepare(
      `insert into audit (app_id, caller, subject, operation, at, address, request_id)
       select app_id, 'admin:test', id, iif(id % 2, 'setProfile', 'setSettings'), id, '', '' ${of}
       union all select app_id, iif(id % 20 >= 10, 'system', 'user:' || id), id, iif(id % 20 >= 10, 'session.expired', 'session.logout'), id, '', '' ${disabled}`,
    ).bind(app.id, app.id),
    env.DB.prepare(
      `insert into webhook_events (id, app_id, type, data, created_at, queued_at, dead_at)
       select 'evt_' || hex(randomblob(16)), app_id, 'user.registered', '{}', ?, ?, ? ${disabled}`,
    ).bind(now, now, now, app.id),
    env.DB.prepare(
      `insert into webhook_deliveries (app_id, at, id, event_id, type, try, delivered, status, ms)
       select app_id, id, lower(hex(randomblob(16))), 'evt', 'user.registered', 1, 1, 200, 3 ${of}`,
    ).bind(app.id),
  ]);
  return { app, first, count };
}

let small: Filled;
let large: Filled;

beforeAll(async () => {
  small = await fill(1_000);
  large = await fill(100_000);
}, 60_000);

// By their instants the sweep has all of them to remove: in the tests of other files it would come to nothing else.
afterAll(async () => {
  const filled = [small, large].map(({ app }) => app.id);
  await env.DB.batch(
    ["audit", "webhook_deliveries", "webhook_events"].map((table) =>
      env.DB.prepare(`delete from ${table} where app_id in (?, ?)`).bind(...filled),
    ),
  );
}, 60_000);

type Read = (filled: Filled) => [client: Client, path: string, query: Record<string, string>];

const list =
  (path: string, query: (filled: Filled) => Record<string, string>): Read =>
  (filled) => [filled.app.admin, path, { ...query(filled) }];

const users = (query: (filled: Filled) => Record<string, string>) =>
  list("/user/list", (filled) => ({ page_size: "20", ...query(filled) }));
const audit = (query: (filled: Filled) => Record<string, string>) =>
  list("/admin/audit", (filled) => ({ limit: "20", ...query(filled) }));

const middle = ({ first, count }: Filled) => String(first + count / 2);
const nearEnd = ({ first, count }: Filled) => String(first + count - 5);

const reads: Record<string, Read> = {
  "users, the first page": users(() => ({})),
  "users, a page by cursor": users((filled) => ({ cursor: middle(filled) })),
  "users, the last page": users((filled) => ({ cursor: nearEnd(filled) })),
  "those who are disabled": users(() => ({ status: "1" })),
  "those who are disabled, by cursor": users((filled) => ({ status: "1", cursor: middle(filled) })),
  "those who are not": users(() => ({ status: "0" })),
  "those who are not, by cursor": users((filled) => ({ status: "0", cursor: middle(filled) })),
  "users by a keyword that all have": users(() => ({ keyword: "user" })),
  "users by keyword and cursor": users(() => ({ keyword: "user", cursor: "name:user_000500" })),
  "users by a keyword that one has": users(() => ({ keyword: "user_000777" })),
  "users by keyword and status": users(() => ({ keyword: "user", status: "1" })),
  bans: list("/admin/bans", () => ({ limit: "20" })),
  "bans, by cursor": list("/admin/bans", () => ({ limit: "20", cursor: "9000000000000" })),
  "bans of a user": list("/admin/bans", (filled) => ({ user_id: middle(filled) })),
  "dead events": list("/admin/webhooks/dead", () => ({ limit: "20" })),
  "dead events, by cursor": list("/admin/webhooks/dead", () => ({ limit: "20", cursor: "evt_8" })),
  "how the app is": list("/admin/overview", () => ({})),
  "how many are connected": list("/admin/connected", () => ({})),
  "users found by id": list("/admin/users", (filled) => ({ q: middle(filled) })),
  "users found by number": list("/admin/users", () => ({ q: "+1000000077" })),
  "users found by address": list("/admin/users", () => ({ q: "user_77@example.org" })),
  "users found by a name that all have": list("/admin/users", () => ({ q: "user", limit: "20" })),
  "users found by name and cursor": list("/admin/users", () => ({
    q: "user",
    limit: "20",
    cursor: "name:user_000500",
  })),
  "the picture of a user": (filled) => [
    filled.app.admin.with({ user_id: middle(filled) }),
    "/admin/user",
    {},
  ],
  deliveries: list("/admin/webhooks/deliveries", () => ({ limit: "20" })),
  records: audit(() => ({})),
  "records, by cursor": audit((filled) => ({ cursor: `${middle(filled)}.1` })),
  "records since": audit((filled) => ({ since: middle(filled) })),
  "records until": audit((filled) => ({ until: middle(filled) })),
  "records of a user": audit((filled) => ({ user_id: middle(filled) })),
  "records by an admin": audit(() => ({ caller: "admin:test" })),
  "records by another admin": audit(() => ({ caller: "admin:nobody" })),
  "records by time": audit(() => ({ caller: "system" })),
  "records by a user": audit((filled) => ({ caller: `user:${middle(filled)}` })),
  "records of an operation": audit(() => ({ operation: "setProfile" })),
  "records of an operation that nobody did": audit(() => ({ operation: "kick" })),
  "ends of sessions": audit(() => ({ operation: "session.logout" })),
  "ends of sessions that there are none of": audit(() => ({ operation: "session.kicked" })),
  "records by an admin of an operation": audit(() => ({ caller: "admin:test", operation: "setProfile" })),
  "records by an admin of an operation that it did not": audit(() => ({
    caller: "admin:test",
    operation: "kick",
  })),
  "records of a user, by time, of an operation, until": audit((filled) => ({
    user_id: middle(filled),
    caller: "system",
    operation: "session.expired",
    until: "9000000000000",
  })),
  "a profile that its hub has no copy of, read by an admin": (filled) => [
    filled.app.admin.with({ user_id: middle(filled) }),
    "/user/profile",
    {},
  ],
};

/** How many rows the statements of a call read. */
async function rowsOf(work: () => Promise<Answer>): Promise<number> {
  statements.forget();
  await work();
  const selects = statements.sent().filter(({ sql }) => sql.startsWith("select"));
  if (selects.length === 0) throw new Error("nothing was read");
  return await rowsRead(selects);
}

/** What a call reads in the large app: how many rows more than in the small one, give or take, and in all. */
async function compare(work: (filled: Filled) => Promise<Answer>) {
  const [few, many] = [await rowsOf(() => work(small)), await rowsOf(() => work(large))];
  return { more: Math.abs(many - few) > 6 ? many - few : 0, many };
}

/** Most rows that a page reads: a look through 1,000, which takes each of them three times. */
const MOST = 3_100;

describe("as many rows are read in an app of 100,000 users as in one of 1,000", () => {
  it.each(Object.entries(reads))("for %s", async (_name, read) => {
    const { more, many } = await compare(async (filled) => {
      const [client, path, query] = read(filled);
      const answer = await client.get(path, query);
      expect(answer.code).toBe(200);
      return answer;
    });
    expect(more).toBe(0);
    expect(many).toBeLessThan(MOST);
  });

  it.each<[string, string, (filled: Filled) => Record<string, unknown>]>([
    ["a name", "/token/user", () => ({ name: "user_000077" })],
    ["a number", "/token/login", () => ({ login_name: "+1000000077" })],
    ["an address", "/token/login", () => ({ login_name: "user_77@example.org" })],
    ["an id", "/token/id", ({ first }) => ({ user_id: first + 77 })],
  ])("for a sign-in by %s", async (_name, path, named) => {
    const { more, many } = await compare(async (filled) => {
      const json = { ...named(filled), password: "not the word" };
      const answer = await filled.app.nobody.post(path, json, fromElsewhere());
      expect(answer.code).toBe(11001);
      return answer;
    });
    expect(more).toBe(0);
    expect(many).toBeLessThan(MOST);
  });
});
