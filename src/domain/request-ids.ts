const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A new request id: a UUID of version 7 (RFC 9562), which begins with the moment that the request came (ms). */
export function newRequestId(now: number): string {
  const moment = now.toString(16).padStart(12, "0");
  return `${moment.slice(0, 8)}-${moment.slice(8)}-7${crypto.randomUUID().slice(15)}`;
}

/** When the request of an id came (ms); undefined of a text that is no such id. */
export function momentOf(requestId: string): number | undefined {
  if (!form.test(requestId)) return undefined;
  return Number.parseInt(requestId.slice(0, 13).replace("-", ""), 16);
}
