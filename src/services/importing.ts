import { sql } from "drizzle-orm";
import { z } from "zod";
import { nameActor } from "../domain/actors.ts";
import { newNonce } from "../domain/bindings.ts";
import { checkRow } from "../domain/validation.ts";
import type { Signal } from "../domain/signals.ts";
import { UnfitHash } from "../passwords/foreign.ts";
import { storedOf } from "../passwords/stored.ts";
import { type Read, type Write, rowId } from "../store/database.ts";
import {
  insertImported,
  insertImportedEvent,
  oweImported,
  putBans,
  putSettings,
  replaceTags,
  takePushTokens,
  updateImported,
  wasOvertaken,
  whichTouched,
} from "../store/imports.ts";
import { type Former, type Found, type FoundUser, findForImport } from "../store/found.ts";
import { answerOfRows } from "../store/kept-answers.ts";
import {
  type OwedRow,
  formerRows,
  owedBy,
  owedRows,
  owedToFormer,
  selectFormer,
  tellFormer,
} from "../store/owed.ts";
import { leftUnnamed } from "../store/push.ts";
import { LONGEST_BAN } from "./bans.ts";
import { deliverEach, pooled } from "./deliver.ts";
import { catchUp, isBehind } from "./listing.ts";
import { type ImportRow, type Plan, disagreement, isUnheard, keysWanted, planRows } from "./import-plan.ts";
import { type ImportedRow, type Line, outcomesOf, told } from "./import-rows.ts";
import { hashPasswords, isPassword } from "./passwords.ts";
import type { Scope } from "./scope.ts";
import { listed } from "../store/listed.ts";

/** Most rows of one call. */
export const MOST_IMPORTED = 500;

/** How often an import is planned anew as others have taken what it was about to give. */
const TRIES = 3;

/** What a row may hold: `password_hash` as its source has it. */
export type RowSchema = z.ZodObject<z.core.$ZodShape> &
  z.ZodType<Omit<ImportRow, "stored"> & { password_hash?: string | Record<string, unknown> | undefined }>;

export interface ImportOrder {
  mode: "insert" | "upsert";
  /** Nothing is written. */
  isDry: boolean;
}

/**
 * Makes the users of rows, or changes those who are there by their `external_id`: each row fails or succeeds by itself, and a
 * repeat does nothing twice. All of it is one transaction, whatever the rows.
 */
export async function importUsers(
  scope: Scope,
  Row: RowSchema,
  lines: readonly Line[],
  { mode, isDry }: ImportOrder,
): Promise<ImportedRow[]> {
  const { app, db, now } = scope;
  const rows = lines.map((line) => readRow(scope, Row, line));
  const wanted = keysWanted(rows.map((row) => ("fails" in row ? undefined : row)));
  const hashes = new Map<number, string>();
  const asked = {
    now,
    isPassword: (password: string, stored: string) => isPassword(scope, password, stored),
  };
  for (let round = 1; ; round++) {
    const found = await findForImport(db, app.app_id, wanted);
    const listing = await whoLists(scope, rows, found);
    const hasDevices = (user: FoundUser["user"]) => listing.has(user.id);
    const plans = await planRows(rows, found, { ...asked, hasDevices }, mode);
    if (isDry) return plans.map((plan, index) => told(lines[index], index, plan, undefined));
    try {
      await hashAll(scope, plans, hashes);
      const { written, owed, former } = await writePlans(scope, lines, plans, hashes, {
        pushTokens: wanted.pushTokens,
        former: found.former,
      });
      const untold = await deliverEach(scope, [...former.owed, ...owed]);
      const outcomes = outcomesOf(plans, written, untold, former, (index) => {
        const row = rows[index];
        return row && !("fails" in row) ? row.settings?.push_token || undefined : undefined;
      });
      return plans.map((plan, index) => told(lines[index], index, plan, outcomes));
    } catch (error) {
      if (round === TRIES || !wasOvertaken(error)) throw error;
    }
  }
}

/** Reads a line as a row, or says why it fails. */
function readRow({ now }: Scope, Row: RowSchema, line: Line): ImportRow | { fails: string } {
  if (!line.ok) return { fails: line.wrong };
  const unknown = unknownField(Row, line.value);
  if (unknown !== undefined) return { fails: unknown };
  const checked = checkRow(Row, line.value);
  if (!checked.ok) return { fails: checked.wrong };
  const { password_hash, ...row } = checked.value;
  const wrong = disagreement(row, now);
  if (wrong !== undefined) return { fails: wrong };
  if ((row.ban?.until ?? 0) > now + LONGEST_BAN) return { fails: "ban.until must be at most 10 years ahead" };
  if (password_hash === undefined) return row;
  if (row.password !== undefined) return { fails: "password and password_hash must not both be given" };
  try {
    return { ...row, stored: storedOf(password_hash) };
  } catch (error) {
    if (error instanceof UnfitHash) return { fails: error.message };
    throw error;
  }
}

/** A field that no row has: what it says would be lost silently. */
function unknownField(Row: RowSchema, value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const name = Object.keys(value).find((each) => !Object.hasOwn(Row.shape, each));
  return name === undefined ? undefined : `${name.slice(0, 64)} is no field of a row`;
}

/** How many hubs are asked at once: the runtime itself has those wait that are too many for it. */
const HUBS_AT_ONCE = 50;

/** The users whose lists have all the devices of their rows. */
async function whoLists(
  scope: Scope,
  rows: readonly (ImportRow | { fails: string })[],
  { byExternalId }: Found,
): Promise<Set<number>> {
  const due = rows.flatMap((row) => {
    if ("fails" in row || row.external_id === undefined || !row.devices?.length) return [];
    const found = byExternalId.get(row.external_id);
    return found ? [{ found, devices: row.devices }] : [];
  });
  const asked = due.map(({ found }) => found);
  await catchUp(scope, asked);
  const listing = await pooled(
    due,
    async ({ found, devices }) => ((await hasDevices(scope, found, devices)) ? [found.user.id] : []),
    HUBS_AT_ONCE,
  );
  return new Set(listing.flat());
}

/** True where the hub lists all of these devices, or will when it is first needed. */
async function hasDevices(
  scope: Scope,
  found: FoundUser,
  devices: readonly { guid: string }[],
): Promise<boolean> {
  const { user } = found;
  const guids = devices.map(({ guid }) => guid);
  if (user.unlisted === 1 && !user.arrival) return false;
  if (user.arrival?.kind === "imported" && !isBehind(found)) {
    const brought = new Set(user.arrival.devices.map(({ guid }) => guid));
    return guids.every((guid) => brought.has(guid));
  }
  const { lists } = await scope.hub(user.id).ask((hub) => hub.listsDevices(scope.acting, guids));
  return lists;
}

/** Hashes the passwords of what is to be written, each once. */
async function hashAll(scope: Scope, plans: readonly Plan[], hashes: Map<number, string>): Promise<void> {
  const due = plans.flatMap((plan, index) =>
    "password" in plan && plan.password !== undefined && !hashes.has(index)
      ? [{ index, password: plan.password }]
      : [],
  );
  if (due.length === 0) return;
  const fresh = await hashPasswords(
    scope,
    due.map(({ password }) => password),
  );
  for (const [at, { index }] of due.entries()) hashes.set(index, fresh[at] ?? "");
}

/** What of an import was written. */
interface WrittenPlans {
  /** Whose rows these are, by the rows' index. */
  written: Map<number, number>;
  /** What the users who were changed are owed. */
  owed: OwedRow[];
  /** Who had the push tokens that rows give. */
  former: Former;
}

/** Writes what is planned; says of which rows it held. `before` is who has had push tokens that rows give and could not be told. */
async function writePlans(
  scope: Scope,
  lines: readonly Line[],
  plans: readonly Plan[],
  hashes: ReadonlyMap<number, string>,
  { pushTokens: given, former: before }: { pushTokens: readonly string[]; former: Former },
): Promise<WrittenPlans> {
  const { app, db, now, by, from } = scope;
  const touched = { appId: app.app_id, now };
  const actor = nameActor(by);
  const caused = { at: now, by, from };
  const due = plans.flatMap((plan, index) => {
    if (plan.result !== "created" && plan.result !== "updated") return [];
    const hash = hashes.get(index);
    const isNew = plan.result === "created";
    const key = isNew ? plan.user.username_key : plan.key;
    const ban = plan.ban && { reason: plan.ban.reason, until: plan.ban.until };
    const isInForce = plan.ban != null && plan.ban.lifted_at === null;
    const signal: Signal = {
      kind: "imported",
      ...(isInForce ? { ban } : plan.ban === null && { ban: null }),
      password: !isNew && (hash !== undefined || plan.change.password !== undefined),
      devices: plan.devices,
      ...caused,
    };
    // A ban that ends has its hub wake for the end; all else waits until somebody needs the hub.
    const ends = isInForce && plan.ban?.until !== null;
    const isOwed = ends || (plan.result === "updated" && !isUnheard(plan));
    const waits = isNew && !ends && (isInForce || plan.devices.length > 0);
    return [{ index, plan, hash, username_key: key, signal, isOwed, waits }];
  });
  if (due.length === 0) return { written: new Map(), owed: [], former: before };
  const updates = due.flatMap(({ index, plan, hash }) => {
    if (plan.result !== "updated") return [];
    const change = { ...plan.change, ...(hash !== undefined && { password: hash, hash_ms: 0 }) };
    return [
      {
        index,
        id: plan.userId,
        statement: updateImported(db, app.app_id, plan.userId, change, { now, isHeard: !isUnheard(plan) }),
      },
    ];
  });
  const inserts = insertImported(
    db,
    app.app_id,
    due.flatMap(({ plan, hash, signal, isOwed, waits }) =>
      plan.result === "created"
        ? [
            {
              ...plan.user,
              ...(hash !== undefined && { password: hash }),
              epoch: isOwed || waits ? 1 : 0,
              arrival: waits ? signal : null,
            },
          ]
        : [],
    ),
    now,
  );
  const keyed = <T>(of: (one: (typeof due)[number]) => T | undefined) =>
    due.flatMap((one) => {
      const value = of(one);
      return value === undefined ? [] : [{ username_key: one.username_key, ...value }];
    });
  const settings = keyed(({ plan }) => plan.settings);
  const pushTokens = lastOfEach(
    keyed(({ plan: { settings } }) =>
      settings?.push_token ? { push_token: settings.push_token } : undefined,
    ),
  );
  const holds = new Map(pushTokens.map((row) => [row.push_token, row.username_key]));
  const bans = keyed(({ plan: { ban } }) => (ban === undefined ? undefined : { ban }));
  const tags = keyed(({ plan }) => (plan.tags === undefined ? undefined : { tags: plan.tags }));
  const left = leftUnnamed(app.app_id, given, 0);
  const taking = pushTokens.length === 0 ? [] : takePushTokens(db, touched, pushTokens);
  const keys = due.map((one) => one.username_key);
  const ids = updates.map(({ id }) => id);
  const statements: (Read | Write)[] = [
    ...updates.map(({ statement }) => statement),
    ...inserts,
    ...taking,
    // Before the settings: with a push token that goes it is noted by what its user will know.
    ...oweImported(
      db,
      touched,
      keyed(({ isOwed, signal }) => (isOwed ? { signal } : undefined)),
    ),
    ...putSettings(
      db,
      touched,
      // Of two rows with one push token the later has it.
      settings.map((row) => {
        const { push_token: token, username_key } = row;
        if (token === undefined) return row;
        const isHeld = token !== null && holds.get(token) === username_key;
        return isHeld
          ? { ...row, push_nonce: newNonce(), push_bound_at: now }
          : { ...row, push_token: "", push_nonce: "", push_bound_at: 0 };
      }),
    ),
    ...replaceTags(db, touched, tags),
    ...(bans.length === 0 ? [] : putBans(db, touched, bans, actor)),
    insertImportedEvent(db, app, touched, keys, actor),
    owedBy(db, listed(ids)),
    selectFormer(db, left),
    owedToFormer(db, left),
  ];
  const [first, ...rest] = statements;
  if (!first) return { written: new Map(), owed: [], former: before };
  const rows = answerOfRows(
    app.app_id,
    "updated_at",
    plans.map((plan, index) => {
      const lost = told(lines[index], index, plan, new Map());
      if (plan.result !== "created" && plan.result !== "updated")
        return { key: null, mark: 0, won: null, lost };
      const key = plan.result === "created" ? plan.user.username_key : plan.key;
      return { key, mark: now, won: told(lines[index], index, plan, undefined), lost };
    }),
  );
  const answer = sql`json_set(${rows}, '$.tell', json(${tellFormer(left, now)}))`;
  const of = { users: whichTouched(touched, keys) };
  const results: unknown[] = await scope.write(of, [first, ...rest], answer);
  scope.queueEvents();
  const made = new Map(
    Inserted.parse(results.slice(updates.length, updates.length + inserts.length).flat()).map(
      ({ id, key }) => [key, id],
    ),
  );
  const changed = new Map(updates.map(({ index }, at) => [index, rowId(results[at])]));
  const written = new Map(
    due.flatMap(({ index, plan, username_key }) => {
      const userId = plan.result === "created" ? made.get(username_key) : changed.get(index);
      return userId === undefined ? [] : [[index, userId] as const];
    }),
  );
  const [owed, who, owedToThem] = results.slice(statements.length - 3, statements.length);
  return { written, owed: owedRows(owed), former: { who: formerRows(who), owed: owedRows(owedToThem) } };
}

const Inserted = z.array(z.object({ id: z.int(), key: z.string() }));

function lastOfEach<T extends { push_token: string }>(rows: readonly T[]): T[] {
  return [...new Map(rows.map((row) => [row.push_token, row])).values()];
}
