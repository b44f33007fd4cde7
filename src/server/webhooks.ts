import type { WebhookEvents } from "./generated/operations.ts";

/** An event as its webhook hears it. A newer service may send others. */
export type WebhookEvent = WebhookEvents[keyof WebhookEvents];

type DataOf<Prefix extends string> = Extract<WebhookEvent, { type: `${Prefix}.${string}` }>["data"];

/** What an app hears of one of its users. */
export type UserEventData = DataOf<"user">;

/** What an app hears of its users' devices. */
export type DeviceEventData = DataOf<"device">;

/** What an app hears of an import. */
export type ImportEventData = DataOf<"users">;

/** A delivery that is not what the service sent just now: its sender is answered 401. The message has nothing of it. */
export class NotGenuine extends Error {
  override readonly name = "NotGenuine";
}

/** The headers of a delivery: those of `fetch`, or of Node's http. */
export type DeliveryHeaders =
  | { get(name: string): string | null }
  | Record<string, string | string[] | undefined>;

/** A delivery as it came, and what it is held against. */
export interface Delivery {
  /** The app's secret (`whsec_…`); or several, while one takes the place of another. */
  secret: string | readonly string[];
  headers: DeliveryHeaders;
  /** The body as it came: parsed and written again, it may differ. */
  body: string | Uint8Array;
  /** How far its clock may be from this one's (s): an older one may be a recording. Default: 300. */
  toleranceS?: number;
  /** This clock (ms since 1970). Default: the runtime's. */
  now?: number;
}

/** A delivery that is genuine. */
export interface Genuine {
  /** The same however often the event comes: who has taken it once need not again. */
  id: string;
  event: WebhookEvent;
}

const isHeaders = (headers: DeliveryHeaders): headers is { get(name: string): string | null } =>
  typeof headers["get"] === "function";

function headerOf(headers: DeliveryHeaders, name: string): string {
  if (isHeaders(headers)) return headers.get(name) ?? "";
  const [, value = ""] = Object.entries(headers).find(([each]) => each.toLowerCase() === name) ?? [];
  return String(value ?? "");
}

/** The bytes of base64; undefined for what is none. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return bytes;
  } catch {
    return undefined;
  }
}

async function keyOf(secret: string): Promise<CryptoKey> {
  const bytes = secret.startsWith("whsec_") ? bytesOf(secret.slice("whsec_".length)) : undefined;
  if (!bytes || bytes.length < 24 || bytes.length > 64) {
    throw new TypeError("secret must be whsec_ and the base64 of 24–64 bytes");
  }
  return await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

function joined(begin: string, body: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const [first, second] = [encoder.encode(begin), typeof body === "string" ? encoder.encode(body) : body];
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

/**
 * Says what a delivery tells, once it is found to be signed by the service, and just now, as Standard Webhooks 1.0 has it: of the
 * signatures in its header one must be right under one of the secrets. They are compared by the runtime's WebCrypto, whose `verify`
 * takes the same time wherever two signatures differ, and all are compared whatever the first ones say. Throws `NotGenuine`; a
 * TypeError for a secret that is none.
 */
export async function verifyWebhook(delivery: Delivery): Promise<Genuine> {
  const { secret, headers, body, toleranceS = 300, now = Date.now() } = delivery;
  const keys = await Promise.all((typeof secret === "string" ? [secret] : secret).map(keyOf));
  const id = headerOf(headers, "webhook-id");
  const timestamp = headerOf(headers, "webhook-timestamp");
  const isNow = /^\d{1,15}$/.test(timestamp) && Math.abs(now / 1000 - Number(timestamp)) <= toleranceS;
  if (id === "" || !isNow) throw new NotGenuine("the delivery has no id, or was not sent just now");
  const signed = joined(`${id}.${timestamp}.`, body);
  // The standard allows several signatures with spaces between them, and other versions than v1.
  const given = headerOf(headers, "webhook-signature")
    .split(" ", MOST_SIGNATURES)
    .filter((each) => each.startsWith("v1,"))
    .map((each) => bytesOf(each.slice("v1,".length)))
    .filter((each) => each !== undefined);
  const pairs = keys.flatMap((key) =>
    given.map(async (one) => await crypto.subtle.verify("HMAC", key, one, signed)),
  );
  const right = await Promise.all(pairs);
  if (!right.includes(true)) throw new NotGenuine("the delivery is not signed by the service");
  return { id, event: eventIn(body) };
}

/** Most signatures of a header that are looked at: a stranger may send many. */
const MOST_SIGNATURES = 8;

function isEvent(value: unknown): value is WebhookEvent {
  return typeof value === "object" && value !== null && "type" in value && "data" in value;
}

function eventIn(body: string | Uint8Array): WebhookEvent {
  const event: unknown = JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body));
  if (!isEvent(event)) throw new NotGenuine("the delivery has no event");
  return event;
}
