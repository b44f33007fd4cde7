import { createHmac, timingSafeEqual } from "node:crypto";

/** True where `sign` is the lower-case hex HMAC-SHA256 (RFC 2104) of a text under a secret; compared in constant time. */
export function isSignedBy(secret: string, text: string, sign: string): boolean {
  const right = Buffer.from(createHmac("sha256", secret).update(text, "utf8").digest("hex"));
  const given = Buffer.from(sign);
  return given.length === right.length && timingSafeEqual(given, right);
}

const prefix = "whsec_";

/** True for a webhook's key: `whsec_` and the base64 of 24–64 bytes (Standard Webhooks). */
export function isWebhookSecret(secret: string): boolean {
  if (!secret.startsWith(prefix)) return false;
  const text = secret.slice(prefix.length);
  const key = Buffer.from(text, "base64");
  return key.length >= 24 && key.length <= 64 && key.toString("base64") === text;
}

/**
 * The headers that sign a delivery as Standard Webhooks 1.0 says: the HMAC-SHA256 of `id.timestamp.body` in base64 behind
 * `v1,`. `timestamp` is in seconds since 1970.
 */
export function signatureHeaders(
  secret: string,
  id: string,
  timestamp: number,
  body: string,
): Record<string, string> {
  const key = Buffer.from(secret.slice(prefix.length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`, "utf8").digest("base64");
  return { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": `v1,${signature}` };
}
