import { z } from "zod";
import { parseAppCache } from "../store/apps.ts";
import { parseCost, parseShare, parseWrongAfter } from "../passwords/settings.ts";

/** Each setting describes what it may be: the description ends the sentence "NAME must be …". */
const Settings = z.object({
  /** "200": a refusal is HTTP 200 with its code in the body. "http": it carries an HTTP status too. */
  ERROR_STATUS: z.enum(["200", "http"]).describe('"200" or "http"'),
  /** What hashing a new password costs. */
  PASSWORD_COST: z.string().transform(parseCost).describe('"m=KiB,t=passes", such as "m=9216,t=4"'),
  /** How many calls with a password an isolate takes in ten seconds. */
  PASSWORD_CALLS: z
    .string()
    .transform(parseShare)
    .describe('"address=calls,app=calls" in ten seconds, such as "address=40,app=120"'),
  /** How soon (ms) a wrong password is answered: later than any stored hash takes to compare. */
  WRONG_PASSWORD_MS: z.string().transform(parseWrongAfter).describe("whole milliseconds, 0–9999"),
  /** How long (ms) an isolate takes an app as it has read it. */
  APP_CACHE_MS: z.string().transform(parseAppCache).describe("whole milliseconds, 1000–30000"),
  /**
   * "direct": a device's socket ends in its hub. "relay": the Worker passes frames on, as the local runtime ends the
   * connection of a socket that a hub closed only ten seconds later.
   */
  SOCKETS: z.enum(["direct", "relay"]).describe('"direct" or "relay"'),
  /** How long a request's body may take to be here: whole seconds of 1–60 in the environment, ms once parsed. */
  BODY_TIMEOUT: z
    .string()
    .regex(/^([1-9]|[1-5][0-9]|60)$/)
    .transform((seconds) => Number(seconds) * 1000)
    .describe("whole seconds, 1–60"),
  /**
   * "platform": a caller's address is the header cf-connecting-ip, which the platform writes over whatever a client sent.
   * "local": every caller has the same address, as the local runtime keeps what a client sent.
   */
  ADDRESSES: z.enum(["platform", "local"]).default("platform").describe('"platform" or "local"'),
  /** Empty or missing: nobody is root. */
  ROOT_KEY: z.string().optional().describe("text"),
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

/**
 * A sentence for each setting that `settingsOf` would throw for: its name and what is allowed. None names a value, which
 * may be a secret.
 */
export function wrongSettings(env: Record<string, unknown>): string[] {
  return Object.entries<z.ZodType>(Settings.shape).flatMap(([name, setting]) =>
    isRight(setting, env[name]) ? [] : [`${name} must be ${setting.description ?? "another"}`],
  );
}

/** A transform may throw where a check would have reported. */
function isRight(setting: z.ZodType, value: unknown): boolean {
  try {
    return setting.safeParse(value).success;
  } catch {
    return false;
  }
}
