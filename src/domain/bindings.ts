import { z } from "zod";
import { Instant, MAX_ID } from "./fields.ts";

/** The serial under which the push token of the settings is a destination: it is no device's. */
export const OF_SETTINGS = 0;

/** The notifier of a push token that came without the name of one: by the settings, or by a registration. */
export const UNNAMED = "";

/**
 * A push token as it is bound to a device. `binding_id` is new with every bind. Instants in ms; `held_until` is null where no
 * provider has refused the token since it was bound, and else when it may be tried again.
 */
export const Binding = z.object({
  binding_id: z.string(),
  device_sn: z.int(),
  notifier_name: z.string(),
  device_token: z.string(),
  bound_at: Instant,
  held_until: Instant.nullable(),
});

export type Binding = z.infer<typeof Binding>;

/**
 * The same of the push token of the settings. `session` is with what it goes, as `pushKeyOfDevice` or the hub's sessions name
 * it; null where it stays until it is replaced.
 */
export const SettingsBinding = Binding.pick({ binding_id: true, bound_at: true, held_until: true }).extend({
  session: z.string().nullable(),
});

export type SettingsBinding = z.infer<typeof SettingsBinding>;

/** Where a binding stands, and by what it is told from those that were there before. */
export interface BindingKey {
  user_id: number;
  /** `OF_SETTINGS` for that of the settings. */
  device_sn: number;
  nonce: string;
}

/** What tells a new binding from all others. */
export function newNonce(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

/** The id of a binding, as who sends pushes is given it. */
export function bindingId({ user_id, device_sn, nonce }: BindingKey): string {
  return `${user_id.toString(36)}.${device_sn.toString(36)}.${nonce}`;
}

/** Where the binding of an id must stand, if it does; undefined for what is no such id. */
export function readBindingId(id: string): BindingKey | undefined {
  const parts = /^([0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([0-9a-f]{0,32})$/.exec(id);
  if (!parts) return undefined;
  const [, user = "", device = "", nonce = ""] = parts;
  const key = { user_id: Number.parseInt(user, 36), device_sn: Number.parseInt(device, 36), nonce };
  // One that is written otherwise than it was given is none.
  const isKey = key.user_id <= MAX_ID && key.device_sn <= MAX_ID && bindingId(key) === id;
  return isKey ? key : undefined;
}

/** With what the push token of the settings goes that came with a device's registration: with the binding of that device. */
export function pushKeyOfDevice(sn: number): string {
  return `device:${sn}`;
}
