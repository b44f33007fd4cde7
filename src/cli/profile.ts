import { mkdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Failure, systemCode, whyOf } from "./failure.ts";
import { writePrivately } from "./files.ts";

/** What `warbler login` has kept; "" where it has not. */
export interface Profile {
  url: string;
  app: string;
  token: string;
  root_key: string;
}

/** A profile, of its text. Throws where that is none. */
function profileOf(json: string): Profile {
  const kept = new Map<string, unknown>(Object.entries(JSON.parse(json)));
  const text = (name: string, missing?: string): string => {
    const value = kept.has(name) ? kept.get(name) : missing;
    if (typeof value !== "string") throw new TypeError(`${name} is no text`);
    return value;
  };
  return { url: text("url"), app: text("app", ""), token: text("token", ""), root_key: text("root_key", "") };
}

/** Where it is kept: `WARBLER_PROFILE`, or a file of the user's configuration. */
export function profilePath(): string {
  const named = process.env["WARBLER_PROFILE"];
  if (named) return named;
  return join(process.env["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "warbler", "profile.json");
}

/**
 * Reads the profile, where there is one. Refuses one that others can read, as it holds a token, and one that holds something
 * else: but for whoever writes it anew, to whom that is none.
 */
export function readProfile({ isWrittenAnew = false } = {}): Profile | undefined {
  const path = profilePath();
  try {
    const text = readFileSync(path, "utf8");
    if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0)
      throw new Failure(`others can read the token in ${path}: run chmod 600 '${path}'`);
    return profileOf(text);
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (systemCode(error) === "ENOENT") return undefined;
    if (systemCode(error) !== "") throw new Failure(`${path} cannot be read: ${whyOf(error)}`);
    if (isWrittenAnew) return undefined;
    throw new Failure(`${path} is no profile: run warbler login to write it anew`);
  }
}

/** Keeps a profile, for its owner alone. */
export function writeProfile(profile: Profile): void {
  const path = profilePath();
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writePrivately(path, `${JSON.stringify(profile, null, 2)}\n`);
  } catch (error) {
    throw new Failure(`${path} cannot be written: ${whyOf(error)}`);
  }
}
