import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { type App, type Session, type User, newApp } from "./kit/client.ts";
import { atNextBatch, giveDatabase, hubOf, runCron } from "./kit/faults.ts";
import { logged } from "./kit/log.ts";
import { aliasOf, boundDevicesOf, profileOf, settingsOf, tagsOf } from "./kit/wire.ts";

/** The database, whatever hubs find in its place. */
const database = env.DB;

/** A user with a device that is signed in. */
interface Member {
  user: User;
  session: Session;
}

/** What happens: to which of the members, and what is given. */
interface Step {
  kind: (typeof kinds)[number];
  who: number;
  text: string;
}

/** Calls of all kinds that write what is a user's own, and what becomes of hubs and of D1's answers meanwhile. */
const kinds = [
  "nickname",
  "nickname by an admin",
  "batch",
  "push token",
  "alias",
  "add tags",
  "remove tags",
  "bind",
  "unbind",
  "read",
  "sleep",
  "die at the next answer",
  "lose the next answer",
  "fail the next batch",
] as const;

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...kinds),
  who: fc.nat(2),
  text: fc.constantFrom("a", "b", "c"),
});

/** Few groups, of steps that are all taken at once. */
const course = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 6 });

/** Has something happen once to the next batch of a user's hub. */
async function meddle(app: App, { user }: Member, how: Step["kind"]): Promise<void> {
  await atNextBatch(hubOf(app, user), async (send, die) => {
    if (how === "fail the next batch") throw new Error("D1_ERROR: not written");
    const results = await send();
    if (how === "lose the next answer") throw new Error("D1_ERROR: the answer was lost");
    die();
    return results;
  });
}

async function take(app: App, members: readonly Member[], { kind, who, text }: Step): Promise<unknown> {
  const member = members[who];
  if (!member) throw new Error("no such member");
  const { user, session } = member;
  switch (kind) {
    case "nickname":
      return await session.set("/user/nickname", { nick_name: text });
    case "nickname by an admin":
      return await app.actingFor(user).set("/user/nickname", { nick_name: text });
    case "batch":
      return await app.admin.post("/user/profile/batch", {
        list: members.map((each) => ({ user_id: each.user.id, nick_name: text, description: text })),
      });
    case "push token":
      return await session.post("/user/settings", { push_token: text });
    case "alias":
      return await session.post("/user/push/alias", { alias: text });
    case "add tags":
      return await session.post("/user/push/tag", { tags: [text] });
    case "remove tags":
      return await session.delete("/user/push/tag", { tags: [text] });
    case "bind":
      return await session.post("/user/token/bind", { device_sn: 1, device_token: text, notifier_name: "n" });
    case "unbind":
      return await session.set("/user/token/unbind", { device_sn: "1" });
    case "read":
      return await readAll(session);
    case "sleep":
      // It sleeps only where it is asked nothing at the moment.
      return await evictDurableObject(hubOf(app, user)).catch(() => undefined);
    case "die at the next answer":
    case "lose the next answer":
    case "fail the next batch":
      return await meddle(app, member, kind);
    default:
      return kind satisfies never;
  }
}

/** All that is a user's own, as the user reads it. */
async function readAll(session: Session) {
  const { nick_name, description } = await profileOf(session);
  const { push_token } = await settingsOf(session);
  const { alias } = await aliasOf(session);
  return {
    nick_name,
    description,
    push_token,
    alias,
    tags: await tagsOf(session),
    bound: await boundDevicesOf(session),
  };
}

const list = (table: string, column: string) =>
  `(select json_group_array(${column}) from (select ${column} from ${table} where user_id = ?1 order by ${column}))`;

/** The same, as D1 has it. */
async function storedOf({ user }: Member) {
  const row = await database
    .prepare(
      `select nick_name, description, coalesce(push_token, '') as push_token, alias,
       ${list("push_tags", "tag")} as tags, ${list("push_bindings", "device_sn")} as bound
     from users join user_settings on user_id = id where id = ?1`,
    )
    .bind(user.id)
    .first<Record<string, string>>();
  return { ...row, tags: JSON.parse(row?.["tags"] ?? ""), bound: JSON.parse(row?.["bound"] ?? "") };
}

/** An app of three members, and what they go through. */
async function newHouse(course: readonly (readonly Step[])[]) {
  const app = await newApp();
  const members = await Promise.all([0, 1, 2].map(async () => app.session({ device_guid: "g" })));
  return { app, members, course };
}

type House = Awaited<ReturnType<typeof newHouse>>;

async function live({ app, members, course }: House): Promise<void> {
  for (const group of course) {
    await Promise.all(group.map(async (each) => take(app, members, each).catch(() => undefined)));
  }
  for (const { user } of members) await giveDatabase(hubOf(app, user), database);
}

async function expectAsStored({ app, members }: House): Promise<void> {
  for (const member of members) {
    const stored = await storedOf(member);
    expect(await readAll(member.session)).toEqual(stored);
    await evictDurableObject(hubOf(app, member.user));
    expect(await readAll(member.session)).toEqual(stored);
  }
}

it("whatever is written by whom, and whatever dies meanwhile, users read what D1 has", async () => {
  await fc.assert(
    // A hub that died holds up who calls it: several apps go through it at once.
    fc.asyncProperty(fc.array(course, { minLength: 5, maxLength: 5 }), async (courses) => {
      const houses = await Promise.all(courses.map(newHouse));
      await logged(async () => {
        await Promise.all(houses.map(live));
        // What a call that died could not deliver.
        await runCron();
      }).catch(() => undefined);
      await Promise.all(houses.map(expectAsStored));
    }),
    { numRuns: 5 },
  );
}, 120_000);
