import { createHmac, randomBytes } from "node:crypto";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, vi } from "vitest";
import { z } from "zod";
import { undeclaredEvent } from "./contract/document.ts";
import { type App, newApp } from "./client.ts";

const Event = z.strictObject({
  type: z.string(),
  timestamp: z.iso.datetime(),
  data: z.record(z.string(), z.unknown()),
  actor: z.record(z.string(), z.unknown()).optional(),
});

/** A request that reached a webhook. */
export interface Delivery {
  id: string;
  headers: Headers;
  method: string;
  redirect: string | undefined;
  text: string;
  event: z.infer<typeof Event>;
}

const receivers = new Map<string, Receiver>();

/** An app's webhook: it keeps what reaches it, and answers as it is told. */
export class Receiver {
  readonly url = `https://hooks.test/${crypto.randomUUID()}`;
  readonly secret: string;
  readonly deliveries: Delivery[] = [];
  answer: () => Response = () => new Response("thanks");

  constructor(keyBytes = 32) {
    this.secret = `whsec_${randomBytes(keyBytes).toString("base64")}`;
    receivers.set(this.url, this);
  }

  /** What an app is told of it. */
  get settings() {
    return { webhook_url: this.url, webhook_secret: this.secret };
  }

  /** What came of a type, oldest first. */
  of(type: string): Delivery[] {
    return this.deliveries.filter(({ event }) => event.type === type);
  }

  /** Waits until so many events of a type have come, and returns their data. */
  async heard(type: string, count = 1): Promise<Record<string, unknown>[]> {
    const came = await vi.waitUntil(() => this.of(type).length >= count && this.of(type), {
      timeout: 20_000,
    });
    return came.map(({ event }) => event.data);
  }

  /** The signature that Standard Webhooks asks of a delivery. */
  signatureOf({ headers, text }: Delivery): string {
    const key = Buffer.from(this.secret.replace("whsec_", ""), "base64");
    const signed = `${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.${text}`;
    return `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
  }
}

/** Stands for the world outside in every test of the file that calls this: of it, only receivers are there. */
export function outside(): void {
  beforeAll(() => {
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const request = new Request(input, init);
      const receiver = receivers.get(request.url);
      if (!receiver) throw new TypeError(`nobody answers at ${request.url}`);
      const text = await request.text();
      const { headers, method } = request;
      const event = Event.parse(JSON.parse(text));
      const wrong = undeclaredEvent(event.type, event);
      if (wrong) throw new Error(`${text} is not what the document says:\n${wrong}`);
      const id = headers.get("webhook-id") ?? "";
      receiver.deliveries.push({ id, headers, method, redirect: init?.redirect, text, event });
      return receiver.answer();
    });
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });
}

/** An app with a webhook. */
export async function newHookedApp(settings: Record<string, unknown> = {}) {
  const receiver = new Receiver();
  const app = await newApp({ ...receiver.settings, ...settings });
  return { app, receiver };
}

const Kept = z.array(
  z.object({
    id: z.string(),
    type: z.string(),
    queued_at: z.int().nullable(),
    dead_at: z.int().nullable(),
    last_error: z.string(),
  }),
);

/** The events that D1 keeps of an app. */
export async function eventsKept(app: App) {
  const { results } = await env.DB.prepare(
    "select id, type, queued_at, dead_at, last_error from webhook_events where app_id = ? order by created_at, id",
  )
    .bind(app.id)
    .all();
  return Kept.parse(results);
}

/** The queue, doing something else with what it is sent. */
export function queueThat(does: (messages: Iterable<unknown>) => Promise<void>): Cloudflare.Env["WEBHOOKS"] {
  return new Proxy(env.WEBHOOKS, {
    get(target, name) {
      return name === "sendBatch" ? does : Reflect.get(target, name);
    },
  });
}
