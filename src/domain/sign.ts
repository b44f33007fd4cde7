import { createHmac, timingSafeEqual } from "node:crypto";

/** True where `sign` is the lower-case hex HMAC-SHA256 (RFC 2104) of a text under a secret; compared in constant time. */
export function isSignedBy(secret: string, text: string, sign: string): boolean {
  const right = Buffer.from(createHmac("sha256", secret).update(text, "utf8").digest("hex"));
  const given = Buffer.from(sign);
  return given.length === right.length && timingSafeEqual(given, right);
}
