import { workerWith } from "./elsewhere.ts";
import { type Answer, type Client, call } from "./client.ts";

/** A call whose head is there and whose body is still to come. */
export interface HeldCall {
  /** Sends the body; says what the call is answered. */
  send(): Promise<Answer>;
  /** What the call is answered without a body. */
  answer: Promise<Answer>;
}

/** Sends the head of a call, which says how long its body is where that `isAnnounced`, and comes back once the Worker waits for it. */
export async function hold(
  client: Client,
  method: string,
  path: string,
  json: unknown,
  changes: Partial<Cloudflare.Env> = {},
  isAnnounced = false,
): Promise<HeldCall> {
  const isWaitedFor = Promise.withResolvers<void>();
  const isToCome = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        isWaitedFor.resolve();
        await isToCome.promise;
        controller.enqueue(new TextEncoder().encode(JSON.stringify(json)));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const length = new TextEncoder().encode(JSON.stringify(json)).byteLength;
  const announced = isAnnounced ? { "content-length": String(length) } : {};
  const headers = { ...client.headers, "content-type": "application/json", ...announced };
  const answer = call(method, path, { headers, body }, workerWith(changes));
  await Promise.race([isWaitedFor.promise, answer]);
  return {
    answer,
    send: async () => {
      isToCome.resolve();
      return await answer;
    },
  };
}
