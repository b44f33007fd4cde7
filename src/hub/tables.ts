/** The tables of all subjects of a new hub: what all the steps together make of nothing. */
const today = `
  create table user (
    only integer primary key check (only = 1), epoch integer not null default 0, status text not null default 'normal',
    reason text not null default '', until integer, version integer not null default 0, last_sn integer not null default 0,
    device_ttl integer not null default 0, webhooks integer not null default 0
  );
  create table sessions (
    id text primary key, device_sn integer unique, signed_in_at integer not null, expires_at integer not null,
    is_over integer not null default 0, push_key text, address text not null default '', user_agent text not null default ''
  ) without rowid;
  create table devices (
    sn integer primary key, guid text unique, platform integer not null, name text not null, user_agent text not null,
    last_active_at integer not null, push_bound integer not null default 0, token_dead integer not null default 0,
    no_push integer not null default 0
  );
  create table releases (device_sn integer primary key, since integer not null default 0);
  create table session_releases (push_key text primary key, since integer not null) without rowid;
  create table failures (
    address text primary key, count integer not null, locked_until integer not null, last_at integer not null
  );
  create table failure_minutes (minute integer primary key, count integer not null);
  create table addresses (address text primary key, last_at integer not null);
  create table receipts (epoch integer primary key, body text not null);
  create table outbox (place integer primary key, id text not null, body text not null);
  create table answers (
    place integer primary key, id text not null unique, at integer not null, body text not null
  );
  create table copies (part text primary key, body text not null);
  create table generation (
    only integer primary key check (only = 1), number integer not null, is_under_way integer not null
  );
  create table counts (only integer primary key check (only = 1), badge integer not null);
  create table keyed_answers (
    is_bounded integer not null, place integer not null, caller text not null, key text not null,
    fingerprint text not null, command text not null, at integer not null, body text,
    primary key (is_bounded, place), unique (caller, key)
  ) without rowid;
  create table ended (
    place integer primary key, id text not null, device_sn integer, signed_in_at integer not null, ended_at integer not null,
    event text not null, reason text not null, caller text not null, event_id text not null default '',
    address text not null default '', request_id text not null default ''
  );
  create table steps (made integer not null);
`;

/**
 * What a hub that was made by an older release takes to have the tables of today, step by step: each is made once in a hub, in
 * order. A step that a deployed hub may have made is never changed; what is to be otherwise is one more step, and said above.
 */
const steps = [
  `
  create table if not exists user (
    only integer primary key check (only = 1), epoch integer not null default 0, status text not null default 'normal',
    reason text not null default '', until integer, version integer not null default 0, last_sn integer not null default 0,
    device_ttl integer not null default 0, webhooks integer not null default 0
  );
  create table if not exists events (id integer primary key autoincrement, body text not null);
  create table if not exists sessions (
    id text primary key, device_sn integer unique, signed_in_at integer not null, expires_at integer not null
  );
  create table if not exists devices (
    sn integer primary key, guid text unique, platform integer not null, name text not null, user_agent text not null,
    last_active_at integer not null, push_bound integer not null default 0
  );
  create table if not exists releases (device_sn integer primary key);
  create table if not exists failures (
    address text primary key, count integer not null, locked_until integer not null, last_at integer not null
  );
  create table if not exists failure_minutes (minute integer primary key, count integer not null);
  create table if not exists addresses (address text primary key, last_at integer not null);
  `,
  // Fewer pages are written in a turn where sessions have no rowid and events no sequence. What was over for a minute has
  // had its alarm.
  `
  create table receipts (epoch integer primary key, body text not null);
  create table outbox (place integer primary key, id text not null, body text not null);
  insert into outbox (id, body) select lower(hex(randomblob(16))), body from events order by id;
  drop table events;
  alter table sessions rename to old_sessions;
  create table sessions (
    id text primary key, device_sn integer unique, signed_in_at integer not null, expires_at integer not null,
    is_over integer not null default 0
  ) without rowid;
  insert into sessions (id, device_sn, signed_in_at, expires_at)
    select id, device_sn, signed_in_at, expires_at from old_sessions;
  update sessions set device_sn = null, is_over = 1 where expires_at < (unixepoch() - 60) * 1000;
  drop table old_sessions;
  `,
  `
  create table answers (id text primary key, at integer not null, body text not null) without rowid;
  `,
  `
  create table copies (part text primary key, body text not null);
  `,
  // By place, the oldest are found without a look at the others.
  `
  alter table answers rename to old_answers;
  create table answers (
    place integer primary key, id text not null unique, at integer not null, body text not null
  );
  insert into answers (id, at, body) select id, at, body from old_answers order by at;
  drop table old_answers;
  `,
  `
  create table generation (
    only integer primary key check (only = 1), number integer not null, is_under_way integer not null
  );
  `,
  `
  alter table releases add column since integer not null default 0;
  `,
  `
  alter table sessions add column push_key text;
  create table session_releases (push_key text primary key, since integer not null) without rowid;
  alter table devices add column token_dead integer not null default 0;
  `,
  `
  alter table devices add column no_push integer not null default 0;
  create table counts (only integer primary key check (only = 1), badge integer not null);
  `,
  `
  create table keyed_answers (
    place integer primary key, id text not null unique, at integer not null, body text not null
  );
  `,
  // What is known by its key is of another shape than what was known by a request: none of that is asked for any more.
  `
  drop table keyed_answers;
  create table keyed_answers (
    place integer primary key, caller text not null, key text not null, fingerprint text not null, command text not null,
    at integer not null, body text, unique (caller, key)
  );
  `,
  `
  create table ended (
    place integer primary key, id text not null, device_sn integer, signed_in_at integer not null, ended_at integer not null,
    event text not null, reason text not null, caller text not null
  );
  `,
  `
  alter table sessions add column address text not null default '';
  alter table sessions add column user_agent text not null default '';
  `,
  // Of admins' keys and of the user's own each have places of their own, so that neither makes the others forgotten.
  `
  alter table keyed_answers rename to old_keyed_answers;
  create table keyed_answers (
    is_bounded integer not null, place integer not null, caller text not null, key text not null,
    fingerprint text not null, command text not null, at integer not null, body text,
    primary key (is_bounded, place), unique (caller, key)
  ) without rowid;
  insert into keyed_answers (is_bounded, place, caller, key, fingerprint, command, at, body)
    select caller not glob 'admin:*', row_number() over (partition by caller glob 'admin:*' order by place),
      caller, key, fingerprint, command, at, body from old_keyed_answers;
  drop table old_keyed_answers;
  `,
  // Of an end from before, D1 has the record by now.
  `
  alter table ended add column event_id text not null default '';
  alter table ended add column address text not null default '';
  alter table ended add column request_id text not null default '';
  `,
];

/** Brings a hub's tables up to date, all of them in the turn's transaction. */
export function bringUpToDate(sql: SqlStorage): void {
  const made = madeIn(sql);
  if (made === steps.length) return;
  if (made === undefined) sql.exec(today);
  else for (const step of steps.slice(made)) sql.exec(step);
  sql.exec("delete from steps");
  sql.exec("insert into steps (made) values (?)", steps.length);
}

/** How many steps a hub has made; undefined where it has no tables at all. */
function madeIn(sql: SqlStorage): number | undefined {
  const known = sql.exec<{ name: string }>("select name from sqlite_master where name in ('steps', 'user')");
  const names = new Set(Array.from(known, ({ name }) => name));
  if (names.has("steps")) return sql.exec<{ made: number }>("select made from steps").one().made;
  if (!names.has("user")) return undefined;
  // The first hubs counted no steps.
  sql.exec("create table steps (made integer not null)");
  return 0;
}
