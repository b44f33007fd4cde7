import { DurableObject } from "cloudflare:workers";
import { loadArgon2id } from "../src/passwords/argon2id.ts";

/**
 * The least that each kind of request can be: a Worker with the same bindings that does the same input and output, one
 * statement for each thing that is to be there afterwards, and nothing else. It checks nothing, reads no token of a user, and
 * writes no log unless it is asked to. What it reads again is what it has written: a hub's copy goes with the row that it is of.
 */
interface BareEnv {
  DB: D1Database;
  HUB: DurableObjectNamespace<UserHub>;
}

const tables = `
  create table users (id integer primary key autoincrement, app_id text not null, username text not null, password text, nick_name text, status integer not null default 0, epoch integer not null default 0);
  create unique index users_username on users (app_id, username);
  create index users_by_id on users (app_id, id);
  create table settings (user_id integer primary key, start_hour integer not null);
  create table tokens (hash text primary key, user_id integer not null, session_id text not null, expires_at integer not null);
  create table admin_tokens (hash text primary key, name text not null);
  create table audit (id integer primary key autoincrement, subject integer not null, at integer not null);
  create table bans (id integer primary key autoincrement, user_id integer not null, reason text not null, banned_at integer not null, lifted_at integer);
  create index bans_by_user on bans (user_id);
  create table owed_signals (user_id integer not null, epoch integer not null, signal text not null, primary key (user_id, epoch));
  create table user_counts (app_id text primary key, total integer not null);
  insert into user_counts values ('bench', 1000);
  insert into admin_tokens values ('bench', 'bench');
  with recursive n (i) as (select 1 union all select i + 1 from n where i < 1000)
    insert into users (app_id, username) select 'bench', 'user_' || i from n;
  insert into settings select id, 0 from users;
`;

/** One user's object: a row for the profile, one for the settings, one for what was done last. */
export class UserHub extends DurableObject<BareEnv> {
  constructor(ctx: DurableObjectState, env: BareEnv) {
    super(ctx, env);
    ctx.storage.sql.exec(`
      create table if not exists copies (kind text primary key, body text not null);
      insert or ignore into copies values ('profile', '{"user_id":1,"username":"user_1","avatar":"","description":"","mobile":"","email":"","nick_name":"","public_info":"","private_info":""}');
      insert or ignore into copies values ('settings', '{"user_id":1,"no_push_start_hour":0,"no_push_end_hour":0}');
      create table if not exists done (kind text primary key, at integer not null);
    `);
  }

  read(kind: string): string {
    const { sql } = this.ctx.storage;
    return sql.exec<{ body: string }>("select body from copies where kind = ?", kind).one().body;
  }

  online(): boolean {
    return this.ctx.getWebSockets().length > 0;
  }

  async rename(user: number, name: string): Promise<void> {
    await this.env.DB.prepare("update users set nick_name = ? where id = ?").bind(name, user).run();
    this.copy("profile", { user_id: user, username: `user_${user}`, nick_name: name });
  }

  async set(user: number, hour: number): Promise<void> {
    await this.env.DB.prepare("update settings set start_hour = ? where user_id = ?").bind(hour, user).run();
    this.copy("settings", { user_id: user, no_push_start_hour: hour });
  }

  private copy(kind: string, own: object): void {
    this.ctx.storage.sql.exec("update copies set body = ? where kind = ?", JSON.stringify(own), kind);
  }

  note(kind: string): void {
    this.ctx.storage.sql.exec("insert or replace into done values (?, ?)", kind, Date.now());
  }

  kick(device: string): void {
    this.note("kick");
    for (const socket of this.ctx.getWebSockets(device)) socket.close(4005, "kicked");
  }

  override fetch(request: Request): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [new URL(request.url).searchParams.get("device") ?? ""]);
    server.send("{}");
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketClose(): void {
    // The platform answers the close.
  }
}

async function hash(password: string): Promise<string> {
  const compute = await loadArgon2id();
  const salt = new Uint8Array(16);
  const bytes = new TextEncoder().encode(password);
  const costs = { parallelism: 1, passes: 4, memorySize: 9216, tagLength: 32 };
  return compute({ password: bytes, salt, ...costs }).join();
}

const adminToken = (env: BareEnv) => env.DB.prepare("select name from admin_tokens where hash = 'bench'");

/**
 * What a ban writes that a hub can be told of after a crash: the status, the signal that is owed, the end of an older ban, the
 * ban and the record. It reads the admin token and what is owed.
 */
function disabling(env: BareEnv, user: number): D1PreparedStatement[] {
  const prepare = (statement: string, ...values: unknown[]) => env.DB.prepare(statement).bind(...values);
  const now = Date.now();
  return [
    adminToken(env),
    prepare("update users set status = 1, epoch = epoch + 1 where id = ?", user),
    prepare("insert into owed_signals select id, epoch, '{}' from users where id = ?", user),
    prepare("select * from owed_signals where user_id = ?", user),
    prepare("update bans set lifted_at = ? where user_id = ? and lifted_at is null", now, user),
    prepare("insert into bans (user_id, reason, banned_at) values (?, '', ?)", user, now),
    prepare("insert into audit (subject, at) values (?, ?)", user, now),
  ];
}

/** What is done for a path; a text is the data of the answer, as JSON. */
async function answer(url: URL, env: BareEnv, ctx: ExecutionContext): Promise<string> {
  const given = (name: string) => url.searchParams.get(name) ?? "";
  const user = Number(given("user"));
  const hub = () => env.HUB.getByName(`bench/${user}`);
  switch (url.pathname) {
    case "/profile":
    case "/settings":
      return await hub().read(url.pathname.slice(1));
    case "/online":
      return String(await hub().online());
    case "/nickname":
      await hub().rename(user, given("name"));
      return "true";
    case "/set":
      await hub().set(user, Number(given("hour")));
      return "true";
    case "/kick":
      await hub().kick(given("device"));
      return "true";
    case "/admin/profile":
      await adminToken(env).first();
      return await hub().read("profile");
    case "/admin/route": {
      await adminToken(env).first();
      const users = given("users").split(",");
      const read = users.map(async (each) => env.HUB.getByName(`bench/${each}`).read("settings"));
      return `[${(await Promise.all(read)).join()}]`;
    }
    case "/admin/list": {
      const page = env.DB.prepare(
        "select id as user_id, username, status from users where app_id = 'bench' and id > 0 order by id limit 50",
      );
      const total = env.DB.prepare("select total from user_counts where app_id = 'bench'");
      const [, users] = await env.DB.batch([adminToken(env), page, total]);
      return JSON.stringify(users?.results);
    }
    case "/disable": {
      await env.DB.batch(disabling(env, user));
      await hub().note("disable");
      const crossOff = env.DB.prepare("delete from owed_signals where user_id = ?").bind(user);
      ctx.waitUntil(crossOff.run());
      return "true";
    }
    case "/sign-in": {
      await env.DB.prepare("select id, password from users where app_id = 'bench' and username = ?")
        .bind(`user_${user}`)
        .first();
      await hash("a password");
      await env.DB.prepare("insert into tokens values (?, ?, ?, ?)")
        .bind(crypto.randomUUID(), user, crypto.randomUUID(), Date.now())
        .run();
      await hub().note("sign-in");
      return "true";
    }
    case "/register":
      await env.DB.prepare("insert into users (app_id, username, password) values ('bench', ?, ?)")
        .bind(given("name"), await hash("a password"))
        .run();
      return "true";
    case "/tables":
      for (const statement of tables.split(";\n").filter((each) => each.trim() !== "")) {
        await env.DB.prepare(statement).run();
      }
      return "true";
    default:
      return '"bare"';
  }
}

export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    if (url.pathname === "/connect") {
      return await env.HUB.getByName(`bench/${url.searchParams.get("user")}`).fetch(request);
    }
    if (url.searchParams.has("log")) {
      console.log(
        JSON.stringify({ request_id: crypto.randomUUID(), path: url.pathname, line: "-".repeat(220) }),
      );
    }
    // Where ours has a body to read, so has this.
    if (Number(request.headers.get("content-length")) > 0) await request.json();
    const body = `{"code":200,"message":"","data":${await answer(url, env, ctx)}}`;
    return new Response(body, { headers: { "content-type": "application/json" } });
  },
} satisfies ExportedHandler<BareEnv>;
