import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { type App, type Client, type Fetch, type User, dataOf, newApp, newName } from "./kit/client.ts";
import { deafTo, workerWith } from "./kit/elsewhere.ts";
import { atNextBatch, callBy, hubNameOf, hubOf, hubsWhere, owedTo, runCron } from "./kit/faults.ts";
import { withKey } from "./kit/keys.ts";
import { bindingIdOf, unregistered } from "./kit/push.ts";
import { tokensOf } from "./kit/routes.ts";
import { logged } from "./kit/log.ts";
import { ImportedRow } from "./kit/wire.ts";

const password = "secret word";
const plain: Fetch = workerWith({});

/** Does something to a push token; says whether it was a success. */
type Way = (fetch: Fetch) => Promise<boolean>;

const bindingBy =
  (session: Client, device_token = "token"): Way =>
  async (fetch) => {
    const json = { device_sn: 1, device_token, notifier_name: "apns" };
    return (await callBy(fetch, session, "POST", "/user/token/bind", { json })).code === 200;
  };

const settingBy =
  (session: Client, push_token = "token"): Way =>
  async (fetch) =>
    (await callBy(fetch, session, "POST", "/user/settings", { json: { push_token } })).code === 200;

const registeringIn =
  (app: App): Way =>
  async (fetch) => {
    const json = { username: newName(), password, push_token: "token" };
    return (await callBy(fetch, app.nobody, "POST", "/user/register/push", { json })).code === 200;
  };

/** Imports rows; `client` is the app's admin. */
const importing =
  (client: Client, ...rows: object[]): Way =>
  async (fetch) => {
    const headers = { "content-type": "application/x-ndjson" };
    const sent = {
      query: { mode: "upsert" },
      body: rows.map((row) => JSON.stringify(row)).join("\n"),
      headers,
    };
    const answer = await callBy(fetch, client, "POST", "/admin/import", sent);
    if (answer.code !== 200) return false;
    return dataOf(answer, z.array(ImportedRow)).every(({ result }) => result !== "failed");
  };

const rowOf = (external_id: string, push_token: string) => ({
  external_id,
  username: external_id,
  settings: { push_token },
});

const reporting =
  (client: Client, binding_id: string): Way =>
  async (fetch) => {
    const json = { list: [unregistered(binding_id)] };
    return (await callBy(fetch, client, "POST", "/admin/push/feedback", { json })).code === 200;
  };

const deleting =
  (app: App, user: User): Way =>
  async (fetch) =>
    (await callBy(fetch, app.actingFor(user), "DELETE", "/user/delete")).code === 200;

/** A user who has the push token, and whose hub knows it: with a notifier's name or without. */
async function newHolder(isNamed: boolean) {
  const app = await newApp();
  const name = newName();
  expect(await importing(app.admin, { ...rowOf(name, ""), password })(plain)).toBe(true);
  const session = await app.signIn({ id: 0, name, password }, { device_guid: "phone" });
  const user = { id: session.userId, name, password };
  expect(await (isNamed ? bindingBy(session) : settingBy(session))(plain)).toBe(true);
  expect(await tokensOf(app, user)).toEqual(["token"]);
  return { app, user, session, deaf: deafTo(app, user) };
}

type Holder = Awaited<ReturnType<typeof newHolder>>;

const other = async ({ app }: Holder) => (await app.session({ device_guid: "phone" })).session;

/** How a user comes to have the push token. */
const claims: Record<"named" | "unnamed", Record<string, (holder: Holder) => Promise<Way>>> = {
  named: { "a device": async (holder) => bindingBy(await other(holder)) },
  unnamed: {
    "the settings": async (holder) => settingBy(await other(holder)),
    "a registration": async ({ app }) => registeringIn(app),
    "an import": async ({ app }) => importing(app.admin, rowOf(newName(), "token")),
  },
};

/** How its holder loses it. */
const losses: typeof claims = {
  named: {
    ...claims.named,
    feedback: async ({ app, user }) => reporting(app.admin, await bindingIdOf(app, user, 1)),
    deletion: async ({ app, user }) => deleting(app, user),
  },
  unnamed: {
    ...claims.unnamed,
    feedback: async ({ app, user }) => reporting(app.admin, await bindingIdOf(app, user, 0)),
    deletion: async ({ app, user }) => deleting(app, user),
    "an import of another for the holder": async ({ app, user }) =>
      importing(app.admin, rowOf(user.name, "another")),
  },
};

const cases = (["named", "unnamed"] as const).flatMap((kind) =>
  Object.keys(losses[kind]).flatMap((loss) =>
    Object.keys(claims[kind]).map((claim) => ({ kind, loss, claim })),
  ),
);

describe("a push token whose holder's hub could not be told that it is another's or nobody's", () => {
  it.each(cases)(
    "lost by $loss, $kind, is had by $claim with success once it has been told, and not before",
    async ({ kind, loss, claim }) => {
      const holder = await newHolder(kind === "named");
      const { app, user, deaf } = holder;
      expect(await (await losses[kind][loss]?.(holder))?.(deaf)).toBe(false);
      expect(await tokensOf(app, user)).toEqual(["token"]);
      const has = await claims[kind][claim]?.(holder);

      expect(await has?.(deaf)).toBe(false);
      expect(await has?.(plain)).toBe(true);

      expect(await tokensOf(app, user)).not.toContain("token");
      await vi.waitUntil(async () => (await owedTo(user)) === 0);
    },
  );

  it("is had with success under a key too, when the key's first call found nobody to take it from", async () => {
    for (const kind of ["named", "unnamed"] as const) {
      const holder = await newHolder(kind === "named");
      const { app, user, deaf } = holder;
      const { user: winner, session } = await app.session({ device_guid: "phone" });
      const by = kind === "named" ? bindingBy : settingBy;
      expect(await by(session)(deaf)).toBe(false);
      const keyed = by(withKey(session));
      // The hub dies between the write and what it keeps of it: what is known of the key is D1's.
      await atNextBatch(hubOf(app, winner), async (send, die) => {
        await send();
        die();
        throw new Error("D1_ERROR: the answer was lost");
      });
      await logged(async () => {
        expect(await keyed(deaf)).toBe(false);
      });

      expect(await keyed(plain)).toBe(true);

      expect(await tokensOf(app, user)).toEqual([]);
    }
  });

  it("is released with success under a key too, when the key's first call found it released", async () => {
    const { app, user, deaf } = await newHolder(true);
    const id = await bindingIdOf(app, user, 1);
    const keyed = reporting(withKey(app.admin), id);
    expect(await reporting(app.admin, id)(deaf)).toBe(false);
    expect(await keyed(deaf)).toBe(false);

    expect(await keyed(plain)).toBe(true);

    expect(await tokensOf(app, user)).toEqual([]);
  });

  it("is imported with success under a key too, when the key's first call wrote other rows alone", async () => {
    const { app, user, deaf } = await newHolder(false);
    const row = rowOf(newName(), "token");
    expect(await importing(app.admin, row)(deaf)).toBe(false);
    const keyed = importing(withKey(app.admin), row, rowOf(newName(), ""));
    expect(await keyed(deaf)).toBe(false);

    expect(await keyed(plain)).toBe(true);

    expect(await tokensOf(app, user)).toEqual([]);
  });

  it("holds up no other push token of who took it, nor the holder who takes it back", async () => {
    for (const by of [bindingBy, settingBy]) {
      const { app, user, session, deaf } = await newHolder(by === bindingBy);
      const taker = (await app.session({ device_guid: "phone" })).session;
      expect(await by(taker)(deaf)).toBe(false);
      expect(await by(taker, "another")(deaf)).toBe(true);

      expect(await by(session)(deaf)).toBe(true);

      expect(await tokensOf(app, user)).toEqual(["token"]);
      expect(await by(taker, "another")(deaf)).toBe(true);
    }
  });

  it("is no business of another app's that reports its binding", async () => {
    const { app, user, deaf } = await newHolder(true);
    const id = await bindingIdOf(app, user, 1);
    expect(await reporting(app.admin, id)(deaf)).toBe(false);
    const abroad = await newApp();
    for (const admin of [abroad.admin, withKey(abroad.admin, "a key"), withKey(abroad.admin, "a key")])
      expect(await reporting(admin, id)(plain)).toBe(true);

    expect(await owedTo(user)).toBe(1);
  });

  it("holds up nobody who has the same one at another notifier or in another app, and is told by neither", async () => {
    const { app, user, deaf } = await newHolder(true);
    const taker = (await app.session({ device_guid: "phone" })).session;
    expect(await bindingBy(taker)(deaf)).toBe(false);
    const abroad = (await (await newApp()).session({ device_guid: "phone" })).session;
    const elsewhere = { device_sn: 1, device_token: "token", notifier_name: "fcm" };

    expect(await bindingBy(abroad)(deaf)).toBe(true);
    expect((await callBy(deaf, taker, "POST", "/user/token/bind", { json: elsewhere })).code).toBe(200);

    expect(await owedTo(user)).toBe(1);
    expect(await tokensOf(app, user)).toEqual(["token"]);
  });

  it("is noted until the last is taken of what its holder is owed, though that has come while the first was told", async () => {
    const { app, user, session, deaf } = await newHolder(true);
    const [first, second, third] = await Promise.all(
      [1, 2, 3].map(async () => app.session({ device_guid: "phone" })),
    );
    if (!first || !second || !third) throw new Error("too few");
    expect(await bindingBy(first.session)(deaf)).toBe(false);
    const meanwhile = hubsWhere(
      "take",
      async (run) => {
        const receipts = await run();
        expect(await bindingBy(session)(plain)).toBe(true);
        expect(await tokensOf(app, user)).toEqual(["token"]);
        expect(await bindingBy(second.session)(deaf)).toBe(false);
        return receipts;
      },
      hubNameOf(app, user),
    );
    await bindingBy(first.session)(workerWith({ HUB: meanwhile }));
    expect(await owedTo(user)).toBe(1);

    expect(await bindingBy(third.session)(deaf)).toBe(false);
    expect(await bindingBy(third.session)(plain)).toBe(true);

    expect(await tokensOf(app, user)).toEqual([]);
  });

  it("is noted no longer than its holder is owed anything, and once however often it goes", async () => {
    const { app, user, session, deaf } = await newHolder(true);
    const taker = (await app.session({ device_guid: "phone" })).session;
    const noted = async () =>
      await env.DB.prepare("select count(*) as noted from owed_tokens where app_id = ?")
        .bind(app.id)
        .first("noted");
    for (let round = 0; round < 3; round++) {
      expect(await bindingBy(taker)(deaf)).toBe(false);
      expect(await bindingBy(session)(deaf)).toBe(true);
    }
    expect(await noted()).toBe(1);
    await runCron();
    await vi.waitUntil(async () => (await owedTo(user)) === 0);
    expect(await noted()).toBe(0);
    expect(await tokensOf(app, user)).toEqual(["token"]);
  });
});
