import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { seeded } from "./random.ts";

/** What D1 stores (bytes, indexes among them), by what it is stored for. */
export interface Sizes {
  /** A user: the row, the settings, a mobile number, one device and its push token. */
  user: number;
  /** What a token says. */
  token: number;
  /** A record of the audit. */
  record: number;
}

const USERS = 10_000;

/** The bytes of a database with the tables that the migrations make, filled by `fill`. */
function sizeOf(fill: (db: DatabaseSync) => void): number {
  const db = new DatabaseSync(":memory:");
  const random = seeded(1);
  const byte = () => Math.floor(random() * 256);
  db.function("noise", (length) => Buffer.from(Array.from({ length: Number(length) }, byte)).toString("hex"));
  for (const file of readdirSync("migrations").filter((name) => name.endsWith(".sql"))) {
    db.exec(readFileSync(join("migrations", file), "utf8"));
  }
  db.exec(`insert into apps (app_id, token_ttl, sign_in_policy, allowed_origins, created_at, updated_at)
    values ('bench-app', 7776000, '{"limits":{},"overflow":"kick_oldest"}', '[]', 1790000000000, 1790000000000)`);
  fill(db);
  const size = db
    .prepare("select page_count * page_size as bytes from pragma_page_count, pragma_page_size")
    .get();
  db.close();
  return Number(size?.["bytes"]);
}

const people = `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${USERS})`;

/** A text as long as the platform's ids and hashes are, other for each user; they come in no order, as those do. */
const hex = (bytes: number) => `noise(${bytes})`;
const uuid = `${hex(4)} || '-' || ${hex(2)} || '-' || ${hex(2)} || '-' || ${hex(2)} || '-' || ${hex(6)}`;

function addUsers(db: DatabaseSync): void {
  db.exec(`${people} insert into users
    (app_id, username, username_key, password, avatar, nick_name, mobile, mobile_key, public_info, created_at, updated_at)
    select 'bench-app', 'typical_user_' || i, 'typical_user_' || i,
      '$argon2id$v=19$m=9216,t=4,p=1$' || ${hex(11)} || '$' || ${hex(22)}, 'https://images.example.com/' || ${hex(16)},
      'A nickname', '+861380000' || (1000000 + i), '+861380000' || (1000000 + i), '{"city":"Hangzhou"}', 1790000000000, 1790000000000
    from n`);
  db.exec("insert into user_settings (user_id, app_id, alias) select id, app_id, 'alias-' || id from users");
  db.exec(`insert into push_bindings (user_id, device_sn, app_id, notifier_name, device_token, bound_at)
    select id, 1, app_id, 'firebase', ${hex(76)}, 1790000000000 from users`);
  db.exec(`insert into seen_devices (user_id, device, app_id, seen_at)
    select id, ${hex(8)}, app_id, 1790000000000 + id from users order by noise(4)`);
}

function addTokens(db: DatabaseSync): void {
  db.exec(`insert into tokens (hash, app_id, user_id, session_id, expires_at, created_at)
    select ${hex(32)}, app_id, id, ${uuid}, 1797776000000 + id, 1790000000000 from users order by noise(4)`);
}

function addRecords(db: DatabaseSync): void {
  db.exec(`insert into audit (app_id, caller, subject, device_sn, operation, reason, at, address, request_id, event_key)
    select app_id, 'user:' || id, id, 1, 'session.replaced', 'signed in again', 1790000000000 + id, '203.0.113.77', ${uuid}, ${uuid}
    from users order by noise(4)`);
}

const each = (bytes: number, count: number) => Math.round(bytes / count);

/** Measures it with 10,000 users, two tokens and two records of each, in SQLite with the tables that D1 has. */
export function measureSizes(): Sizes {
  const empty = sizeOf(() => undefined);
  const users = sizeOf(addUsers);
  const tokens = sizeOf((db) => {
    addUsers(db);
    addTokens(db);
    addTokens(db);
  });
  const records = sizeOf((db) => {
    addUsers(db);
    addRecords(db);
    addRecords(db);
  });
  return {
    user: each(users - empty, USERS),
    token: each(tokens - users, 2 * USERS),
    record: each(records - users, 2 * USERS),
  };
}
