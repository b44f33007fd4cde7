import { createHash } from "node:crypto";

/** How long past its life a token is still told from one that never was (ms): its client hears that it must sign in again. */
export const AFTERLIFE = 30 * 24 * 3600 * 1000;

const userPrefix = "wu_";
const adminPrefix = "wa_";
const form = /^(wa_[A-Za-z0-9_-]{43}|wu_[A-Za-z0-9_-]{43}([0-9a-f]{12})?)$/;

/** The kind of token a text can be, by its form alone; undefined for one that this service never made. */
export function tokenKind(token: string): "user" | "admin" | undefined {
  if (!form.test(token)) return undefined;
  return token.startsWith(userPrefix) ? "user" : "admin";
}

const random = (bytes: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes)));

/** A new token: 256 random bits in base64url behind the prefix of its kind. A user's ends with the tag of its app. */
export function newToken(kind: "user" | "admin", tag = ""): string {
  return (kind === "user" ? userPrefix : adminPrefix) + random(32).toString("base64url") + tag;
}

/** A tag for a new app: 12 random hex digits, which say nothing of it to whoever finds a token. */
export function newTag(): string {
  return random(6).toString("hex");
}

/** The tag in a user's token; undefined in one from before there were tags. */
export function tagOf(token: string): string | undefined {
  return form.exec(token)?.[2];
}

/** The form in which a token is stored: its SHA-256 in lower-case hex. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
