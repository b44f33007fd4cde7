import { createHash } from "node:crypto";

/** By what D1 knows a device of an app: 96 bits of the SHA-256 of app and guid, in base64url. */
export function deviceKey(appId: string, guid: string): string {
  return createHash("sha256")
    .update(JSON.stringify([appId, guid]))
    .digest("base64url")
    .slice(0, 16);
}
