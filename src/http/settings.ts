import { z } from "zod";
import { parseCost } from "../domain/password.ts";

const Settings = z.object({
  /** "200": a refusal is HTTP 200 with its code in the body. "http": it carries an HTTP status too. */
  ERROR_STATUS: z.enum(["200", "http"]),
  SCRYPT: z.string().transform(parseCost),
  /**
   * "direct": a device's socket ends in its hub. "relay": the Worker passes frames on, as the local runtime ends the
   * connection of a socket that a hub closed only ten seconds later.
   */
  SOCKETS: z.enum(["direct", "relay"]),
  /** How long a request's body may take to be here: whole seconds of 1–60 in the environment, ms once parsed. */
  BODY_TIMEOUT: z
    .string()
    .regex(/^([1-9]|[1-5][0-9]|60)$/)
    .transform((seconds) => Number(seconds) * 1000),
  /** Empty or missing: nobody is root. */
  ROOT_KEY: z.string().optional(),
});

/** The Worker's settings, as parsed from its environment. */
export type Settings = z.infer<typeof Settings>;

const parsed = new WeakMap<Env, Settings>();

/** Parses the environment at the entry, once an environment; throws on one that is set wrong. */
export function settingsOf(env: Env): Settings {
  const known = parsed.get(env);
  if (known) return known;
  const settings = Settings.parse(env);
  parsed.set(env, settings);
  return settings;
}
