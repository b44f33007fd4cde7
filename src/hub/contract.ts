import { z } from "zod";
import { Origin } from "../domain/actors.ts";
import type { AnswerKey } from "../domain/answers.ts";
import { DeviceGuid, DeviceName, Platform } from "../domain/fields.ts";
import { guidGates, sessionGates } from "../domain/gates/session.ts";
import { addressGates, placeGates, userGates } from "../domain/gates/sign-in.ts";
import type { Own } from "../domain/own.ts";
import { SignInPolicy } from "../domain/policy.ts";
import { type PushOrder, pushGates } from "../domain/push-route.ts";
import type { OwedSignal } from "../domain/signals.ts";

/**
 * What a caller shows a hub, which judges it: a session of its user, or an admin token, which was judged already and whose
 * writes to D1 are judged again by D1, and the operation's id. Who it then is, is an `Actor`.
 */
export type Acting = (
  | { session: string }
  | { admin: string; token: { id: number; expires_at: number | null }; operation: string }
) & { from: Origin };

/**
 * What a call of a hub is known by that must not be done twice: the id is random, and the same in each repeat of it. The `key` is of
 * a request that may be sent again for a day, as another call then.
 */
export interface Command {
  id: string;
  /** When it was given (ms): what it has D1 owe to others is known by it. */
  at: number;
  /** True where it was sent before, and its answer lost. */
  isRepeat?: true;
  key?: AnswerKey | undefined;
}

/** What a hub needs to know of its app. `device_ttl` in seconds, 0 for never. */
export const AppRules = z.object({
  sign_in_policy: SignInPolicy,
  device_ttl: z.int(),
  webhooks: z.boolean(),
});

export type AppRules = z.infer<typeof AppRules>;

/** What a device tells of itself. */
export interface DeviceFacts {
  guid?: string | undefined;
  platform?: Platform | undefined;
  name?: string | undefined;
  user_agent: string;
}

/** A sign-in whose password was right. Instants in ms. */
export interface SignInOrder {
  session: string;
  expires_at: number;
  /** The user's epoch when the password was read. */
  epoch: number;
  /** What D1 owed the hub at that moment. */
  owed: OwedSignal[];
  from: Origin;
  device: DeviceFacts;
  rules: AppRules;
}

/** A device of the list as the hub knows it. */
export interface DeviceView {
  device_sn: number;
  platform: Platform;
  user_agent: string;
  device_name: string;
  online: boolean;
  last_active_at: number;
  push_bound: boolean;
  /** The user wants no pushes on it. */
  no_push: boolean;
}

/** A page of a device list by serial; `next` is where the next one begins, absent on the last. */
export interface DevicePage {
  ok: true;
  devices: DeviceView[];
  /** Grows with every change of the list. */
  version: number;
  next: number | undefined;
}

const ConnectOrder = z.object({
  session: z.string(),
  device: z.object({
    guid: DeviceGuid.optional(),
    platform: Platform.optional(),
    name: DeviceName.optional(),
    user_agent: z.string(),
  }),
  rules: AppRules,
  from: Origin,
  subprotocol: z.boolean(),
});

/** A device that wants to connect; `subprotocol` where it offered one and must be answered. */
export type ConnectOrder = z.infer<typeof ConnectOrder>;

const WatchOrder = z.object({
  acting: z.object({
    admin: z.string(),
    token: z.object({ id: z.int(), expires_at: z.int().nullable() }),
    operation: z.string(),
    from: Origin,
  }),
  subprotocol: z.boolean(),
});

/** Staff who want to watch the user; `subprotocol` as for a device. */
export type WatchOrder = z.infer<typeof WatchOrder>;

/** The header a watch order travels in, from the Worker to the hub. */
export const watchHeader = "x-watch-order";

/** Reads a watch order; throws on anything the Worker did not write. */
export function parseWatchOrder(header: string): WatchOrder {
  return WatchOrder.parse(JSON.parse(decodeURIComponent(header)));
}

/** The header a connect order travels in, from the Worker to the hub. */
export const connectHeader = "x-connect-order";

/** Writes an order for its header: JSON, escaped to ASCII. */
export function formatOrder(order: ConnectOrder | WatchOrder): string {
  return encodeURIComponent(JSON.stringify(order));
}

/** Reads a connect order; throws on anything the Worker did not write. */
export function parseConnectOrder(header: string | null): ConnectOrder {
  return ConnectOrder.parse(JSON.parse(decodeURIComponent(header ?? "null")));
}

/** What of a user is asked about. */
export type HubGate = "call" | "connect" | "sign_in" | "push";

/** The gates that stand at the hub, by what is asked about. */
export const hubGates = {
  call: sessionGates,
  connect: [...sessionGates, ...guidGates, ...placeGates],
  sign_in: [...addressGates, ...userGates, ...placeGates],
  push: pushGates,
} as const satisfies Record<HubGate, readonly { name: string }[]>;

/** What is asked of a hub that explains; instants in ms. */
export interface Question {
  for: HubGate;
  /** That of a token; else that of the device, or the one that signed in last. */
  session: string | undefined;
  device_sn: number | undefined;
  guid: string | undefined;
  platform: Platform | undefined;
  address: string | undefined;
  at: number;
  policy: SignInPolicy;
  /** How the user stands in D1, where what is asked about brings the hub what it has still to hear. */
  account: { status: "normal" | "disabled"; reason: string; until: number | null } | undefined;
  /** The ban in force, as D1 has it. */
  ban: { banned_at: number; banned_by: string } | undefined;
  /** What of what the ledger has for the hub ends all sessions but the one to `keep`: the hub may have heard of it by now. */
  endings: { epoch: number; keep: string | undefined }[];
  /** What a push is judged by. */
  push: { order: PushOrder; own: Pick<Own, "profile" | "settings" | "bound"> } | undefined;
}

/** The name of a user's hub. */
export function hubName(appId: string, userId: number): string {
  return `${appId}/${userId}`;
}

/** The name of the hub that counts what is tried under a key, whether or not it is anybody's. */
export function attemptsName(appId: string, key: string): string {
  return `${appId}/0/${key}`;
}

/** Whose hub this is; `user_id` 0 where it is no user's. One that `counts` is known to do nothing but count what is tried. */
export function parseHubName(name: string | undefined): { app_id: string; user_id: number; counts: boolean } {
  const [app_id = "", user_id = "0", key] = (name ?? "").split("/");
  return { app_id, user_id: Number(user_id), counts: key !== undefined };
}
