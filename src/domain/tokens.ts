import { createHash } from "node:crypto";

/** How long past its life a token is still told from one that never was (ms): its client hears that it must sign in again. */
export const AFTERLIFE = 30 * 24 * 3600 * 1000;

const userPrefix = "wu_";
const adminPrefix = "wa_";
const form = /^w[ua]_[A-Za-z0-9_-]{43}$/;

/** The kind of token a text can be, by its form alone; undefined for one that this service never made. */
export function tokenKind(token: string): "user" | "admin" | undefined {
  if (!form.test(token)) return undefined;
  return token.startsWith(userPrefix) ? "user" : "admin";
}

/** A new token: 256 random bits in base64url behind the prefix of its kind. */
export function newToken(kind: "user" | "admin"): string {
  const bits = crypto.getRandomValues(new Uint8Array(32));
  return (kind === "user" ? userPrefix : adminPrefix) + Buffer.from(bits).toString("base64url");
}

/** The form in which a token is stored: its SHA-256 in lower-case hex. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
