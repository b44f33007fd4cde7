import { canonicalMobile } from "../domain/mobile.ts";
import { foldEmail, foldName } from "../domain/names.ts";
import type { StoredSettings } from "../domain/own.ts";
import { reasons } from "../domain/reasons.ts";
import type { BroughtDevice } from "../domain/signals.ts";
import { NO_PASSWORD, type Taken, isForeign } from "../passwords/stored.ts";
import type { Found, FoundUser, Holder } from "../store/found.ts";
import type { BanRow, SettingsColumns, UserColumns } from "../store/imports.ts";
import { newSettings } from "../store/settings.ts";

/** A row of an import, as its schema has read it. What it leaves out is not asked for. Instants in ms. */
export interface ImportRow {
  external_id?: string | undefined;
  username: string;
  password?: string | undefined;
  stored?: Taken | undefined;
  status?: number | undefined;
  ban?:
    | { reason?: string | undefined; note?: string | undefined; until?: number | null | undefined }
    | undefined;
  created_at?: number | undefined;
  avatar?: string | undefined;
  nick_name?: string | undefined;
  description?: string | undefined;
  mobile?: string | undefined;
  email?: string | undefined;
  public_info?: string | undefined;
  private_info?: string | undefined;
  settings?: { [Name in keyof StoredSettings]?: StoredSettings[Name] | undefined } | undefined;
  push?: { alias?: string | undefined; tags?: string[] | undefined; badge?: number | undefined } | undefined;
  devices?: BroughtDevice[] | undefined;
}

/** What is written of a row beside the user itself. */
export interface Beside {
  settings: SettingsColumns | undefined;
  tags: string[] | undefined;
  /** A ban for the history, null where the one in force ends; undefined where nothing changes. */
  ban: BanRow | null | undefined;
  devices: BroughtDevice[];
  /** A password that is still to be hashed. */
  password: string | undefined;
}

/** What is to become of a row. */
export type Plan =
  | { result: "failed"; reason: string }
  | { result: "unchanged"; userId: number }
  | ({ result: "created"; user: UserColumns } & Beside)
  | ({ result: "updated"; userId: number; key: string; change: Partial<UserColumns> } & Beside);

export const failed = (reason: string): Plan => ({ result: "failed", reason });

/** Asks what only others know of a user who is there. */
export interface Asked {
  now: number;
  isPassword(password: string, stored: string): Promise<boolean>;
  /** The user's list, or what waits to be on it, has all the devices of the user's row. */
  hasDevices(user: FoundUser["user"]): boolean;
}

const kept = ["avatar", "nick_name", "description", "public_info", "private_info", "created_at"] as const;

const mobileKey = (mobile: string) => canonicalMobile(mobile) || null;
const emailKey = (email: string) => foldEmail(email) || null;

/** The columns of a user that are unique in the app, with their keys, as far as a row gives them. */
function namedBy({ username, mobile, email }: ImportRow): Partial<UserColumns> {
  return {
    username,
    username_key: foldName(username),
    ...(mobile !== undefined && { mobile, mobile_key: mobileKey(mobile) }),
    ...(email !== undefined && { email, email_key: emailKey(email) }),
  };
}

/** The ban that a row asks for, in force or over; null for none, undefined where it does not say. */
function banOf({ status, ban }: ImportRow, now: number): BanRow | null | undefined {
  if (ban) {
    const { reason = "", note = "", until = null } = ban;
    return { reason, note, until, lifted_at: until !== null && until <= now ? until : null };
  }
  if (status === 1) return { reason: "", note: "", until: null, lifted_at: null };
  return status === 0 ? null : undefined;
}

/** Why a row's `status` and `ban` cannot both be; undefined where they can. */
export function disagreement({ status, ban }: ImportRow, now: number): string | undefined {
  if (status === undefined || !ban) return undefined;
  const isInForce = (ban.until ?? null) === null || (ban.until ?? 0) > now;
  return isInForce === (status === 1)
    ? undefined
    : "status must be 1 with a ban in force, and 0 with one that is over";
}

/** The settings that a row asks for: all of them, where it gives any. */
function settingsOf({ settings }: ImportRow): (StoredSettings & { push_token: string }) | undefined {
  if (!settings) return undefined;
  const full: StoredSettings = { ...newSettings };
  for (const [name, value] of Object.entries(settings))
    if (value !== undefined) Object.assign(full, { [name]: value });
  return { ...full, push_token: full.push_token ?? "" };
}

/** A hash that takes no longer (ms) needs no note: a wrong password is told no sooner by the setting that is right for most. */
const NOTED_FROM = 400;

/** The columns of a password that came along. */
function passwordOf(stored: Taken | undefined) {
  const { hash, ms } = stored ?? { hash: NO_PASSWORD, ms: 0 };
  return { password: hash, hash_ms: ms > NOTED_FROM ? ms : 0 };
}

/** What a row that nobody is there for makes. */
function planNew(row: ImportRow, now: number): Plan {
  const ban = banOf(row, now);
  const isBanned = ban ? ban.lifted_at === null : false;
  const { avatar = "", nick_name = "", description = "", public_info = "", private_info = "" } = row;
  const { mobile = "", email = "", username, push } = row;
  const user = {
    username,
    username_key: foldName(username),
    ...passwordOf(row.stored),
    status: isBanned ? 1 : 0,
    disabled_until: isBanned ? (ban?.until ?? null) : null,
    epoch: 0,
    hub_generation: 0,
    avatar,
    nick_name,
    description,
    mobile,
    mobile_key: mobileKey(mobile),
    email,
    email_key: emailKey(email),
    public_info,
    private_info,
    external_id: row.external_id ?? null,
    arrival: null,
    unlisted: 1,
    created_at: row.created_at ?? now,
  };
  return {
    result: "created",
    user,
    settings: differing(
      { ...settingsOf(row), alias: push?.alias ?? "", badge: push?.badge ?? 0 },
      { ...newSettings, push_token: "", alias: "", badge: 0 },
    ),
    tags: push?.tags?.length ? push.tags : undefined,
    ban: ban ?? undefined,
    devices: row.devices ?? [],
    password: row.password,
  };
}

/** What a row changes of the user who is there. */
async function planChange(row: ImportRow, found: FoundUser, asked: Asked, isInsert: boolean): Promise<Plan> {
  const { user, settings, tags } = found;
  const change: Partial<UserColumns> = {};
  Object.assign(change, differing(namedBy(row), user));
  for (const name of kept)
    if (row[name] !== undefined && row[name] !== user[name]) Object.assign(change, { [name]: row[name] });
  const ban = changeOfBan(row, found, asked.now);
  if (ban !== undefined) {
    change.status = ban ? 1 : 0;
    change.disabled_until = ban?.until ?? null;
  }
  const { push } = row;
  const given = {
    ...settingsOf(row),
    ...(push?.alias !== undefined && { alias: push.alias }),
    ...(push?.badge !== undefined && { badge: push.badge }),
  };
  const changed = differing(given, { ...settings, push_token: settings.push_token ?? "" });
  const isOtherTags = push?.tags !== undefined && !isSameSet(push.tags, tags);
  const hash = row.stored?.hash;
  // One that a sign-in has renewed, or the user has chosen here, is not to be taken back to that of the source.
  const isOtherHash =
    hash !== undefined &&
    hash !== user.password &&
    (user.password === NO_PASSWORD || isForeign(user.password));
  if (isOtherHash) Object.assign(change, passwordOf(row.stored));
  const isKnownOther = () => Object.keys(change).length > 0 || Object.keys(changed).length > 0 || isOtherTags;
  if (isInsert && isKnownOther()) return failed(otherwise);
  const devices = row.devices ?? [];
  const areOther = devices.length > 0 && !asked.hasDevices(user);
  const isOtherPassword =
    row.password !== undefined && !(await asked.isPassword(row.password, user.password));
  if (!isKnownOther() && !areOther && !isOtherPassword) return { result: "unchanged", userId: user.id };
  if (isInsert) return failed(otherwise);
  return {
    result: "updated",
    userId: user.id,
    key: change.username_key ?? user.username_key,
    change,
    settings: Object.keys(changed).length > 0 ? changed : undefined,
    tags: isOtherTags ? push.tags : undefined,
    ban,
    devices: areOther ? devices : [],
    password: isOtherPassword ? row.password : undefined,
  };
}

const otherwise = "external_id is there already with other values: mode=upsert changes them";

/** What of the values given differs from those that are there. */
function differing<T extends object>(given: Partial<T>, there: T): Partial<T> {
  const other: Partial<T> = {};
  for (const [name, value] of Object.entries(given))
    if (!isSame(Reflect.get(there, name), value)) Object.assign(other, { [name]: value });
  return other;
}

/** True of a change that neither a hub knows of nor a device hears: the instant of registration is D1's alone. */
export function isUnheard(plan: Extract<Plan, { result: "updated" }>): boolean {
  const { change, settings, tags, ban, devices, password } = plan;
  const beside = [settings, tags, ban, password, ...devices];
  return (
    beside.every((each) => each === undefined) && Object.keys(change).every((name) => name === "created_at")
  );
}

/** True of values that are one in JSON: a schedule is a list. */
const isSame = (one: unknown, other: unknown) =>
  one === other || (typeof one === "object" && JSON.stringify(one) === JSON.stringify(other));

/** What becomes of the ban in force; one that is over is history, and is not written a second time. */
function changeOfBan(
  row: ImportRow,
  { user, ban: inForce }: FoundUser,
  now: number,
): BanRow | null | undefined {
  const wanted = banOf(row, now);
  const isBanned = user.status === 1 && (user.disabled_until === null || user.disabled_until > now);
  if (wanted === undefined || (wanted !== null && wanted.lifted_at !== null)) return undefined;
  if (wanted === null) return isBanned ? null : undefined;
  if (!isBanned) return wanted;
  if (!row.ban) return undefined;
  const { reason, note, until } = wanted;
  const isSame = inForce?.reason === reason && inForce.note === note && inForce.until === until;
  return isSame ? undefined : wanted;
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  const [first, second] = [new Set(one), new Set(other)];
  return first.size === second.size && [...first].every((each) => second.has(each));
}

/** Whose the names, numbers and addresses are, while the rows are gone through in their order. */
class Holders {
  readonly #of = new Map<string, number | string>();

  constructor(found: Found) {
    for (const kind of ["username", "mobile", "email"] as const)
      for (const { id, key } of found[kind] satisfies Holder[]) this.#of.set(`${kind} ${key}`, id);
  }

  /** Gives keys to their new owner, who gives others back; says which of them is another's, and then changes nothing. */
  move(owner: number | string, to: Partial<UserColumns>, from: Partial<UserColumns>): string | undefined {
    for (const [kind, key] of keysOf(to)) {
      const holder = this.#of.get(`${kind} ${key}`);
      if (holder !== undefined && holder !== owner) return reasons[`${kind}_taken`].message;
    }
    for (const [kind, key] of keysOf(from)) this.#of.delete(`${kind} ${key}`);
    for (const [kind, key] of keysOf(to)) this.#of.set(`${kind} ${key}`, owner);
    return undefined;
  }
}

function keysOf({ username_key, mobile_key, email_key }: Partial<UserColumns>) {
  const keys = [
    ["username", username_key] as const,
    ["mobile", mobile_key] as const,
    ["email", email_key] as const,
  ];
  return keys.filter(([, key]) => key !== undefined && key !== null);
}

const unique = (keys: (string | null | undefined)[]) => [...new Set(keys.filter((key) => key != null))];

/** What each row asks for: undefined for one that failed already. */
export function keysWanted(rows: readonly (ImportRow | undefined)[]) {
  const given = rows.flatMap((row) => row ?? []);
  return {
    externalIds: unique(given.map((row) => row.external_id)),
    usernames: unique(given.map((row) => foldName(row.username))),
    mobiles: unique(given.map((row) => row.mobile && mobileKey(row.mobile))),
    emails: unique(given.map((row) => row.email && emailKey(row.email))),
    pushTokens: unique(given.map((row) => row.settings?.push_token || null)),
  };
}

/**
 * Says what is to become of each row, in their order and by what was found: a row that another makes impossible fails alone.
 * `rows` has a plan in place of a row that failed already.
 */
export async function planRows(
  rows: readonly (ImportRow | { fails: string })[],
  found: Found,
  asked: Asked,
  mode: "insert" | "upsert",
): Promise<Plan[]> {
  const holders = new Holders(found);
  const seen = new Set<string>();
  const plans: Plan[] = [];
  for (const [index, row] of rows.entries()) plans.push(await planOne(row, `row ${index + 1}`));
  return plans;

  async function planOne(row: ImportRow | { fails: string }, name: string): Promise<Plan> {
    if ("fails" in row) return failed(row.fails);
    const { external_id } = row;
    if (external_id !== undefined && seen.has(external_id))
      return failed("external_id is that of an earlier row of this call");
    if (external_id !== undefined) seen.add(external_id);
    const there = external_id === undefined ? undefined : found.byExternalId.get(external_id);
    const plan = there ? await planChange(row, there, asked, mode === "insert") : planNew(row, asked.now);
    if (plan.result !== "created" && plan.result !== "updated") return plan;
    const [owner, to] = plan.result === "created" ? [name, plan.user] : [plan.userId, plan.change];
    const from = there
      ? Object.fromEntries(Object.keys(to).map((each) => [each, Reflect.get(there.user, each)]))
      : {};
    const taken = holders.move(owner, to, from);
    return taken === undefined ? plan : failed(taken);
  }
}
