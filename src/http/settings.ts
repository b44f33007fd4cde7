import { z } from "zod";
import { parseCost, parseShare, parseWrongAfter } from "../passwords/settings.ts";

const Settings = z.object({
  /** "200": a refusal is HTTP 200 with its code in the body. "http": it carries an HTTP status too. */
  ERROR_STATUS: z.enum(["200", "http"]),
  /** What hashing a new password costs. */
  PASSWORD_COST: z.string().transform(parseCost),
  /** How many calls with a password an isolate takes in ten seconds. */
  PASSWORD_CALLS: z.string().transform(parseShare),
  /** How soon (ms) a wrong password is answered: later than any stored hash takes to compare. */
  WRONG_PASSWORD_MS: z.string().transform(parseWrongAfter),
  /**
   * "direct": a device's socket ends in its hub. "relay": the Worker passes frames on, as the local runtime ends the
   * connection of a socket that a hub closed only ten seconds later.
   */
  SOCKETS: z.enum(["direct", "relay"]),
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
