import { Fault } from "./envelope.ts";

/** Largest body (bytes), and largest one of rows. */
export const MAX_BODY = 256 * 1024;
export const MAX_ROWS_BODY = 4 * 1024 * 1024;

function tooLarge(most: number): Fault {
  return new Fault(413, `the body must be at most ${most} bytes`);
}

/**
 * Reads the whole body of `most` bytes within `patience` (ms). Refuses with 413 one that is too large, with 408 one that is late, and with
 * 400 one that breaks off. A body that is announced as empty is not waited for.
 */
export async function readBody(request: Request, patience: number, most = MAX_BODY): Promise<Uint8Array> {
  const announced = request.headers.get("content-length");
  if (request.body === null || announced === "0") return new Uint8Array();
  if (announced !== null && Number(announced) > most) throw tooLarge(most);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Fault(408, `the body must be here within ${patience / 1000} s`));
  }, patience);
  try {
    // One that is announced is read as a whole, with one crossing into the runtime.
    if (announced !== null) return await Promise.race([wholeOf(request, most), late.promise]);
    return await readChunks(request.body.getReader(), late.promise, most);
  } finally {
    clearTimeout(timer);
  }
}

async function wholeOf(request: Request, most: number): Promise<Uint8Array> {
  const whole = await request.arrayBuffer().catch(() => {
    throw brokenOff();
  });
  if (whole.byteLength > most) throw tooLarge(most);
  return new Uint8Array(whole);
}

async function readChunks(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  late: Promise<never>,
  most: number,
): Promise<Uint8Array> {
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const { done, value } = await Promise.race([nextChunk(reader), late]);
      if (done) return joined(chunks, length);
      length += value.byteLength;
      if (length > most) throw tooLarge(most);
      chunks.push(value);
    }
  } catch (error) {
    // What follows of it is nobody's.
    void reader.cancel().catch(() => undefined);
    throw error;
  }
}

/** A client that hangs up within its body is no fault of the service. */
const brokenOff = () => new Fault(400, "the body broke off");

async function nextChunk(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch {
    throw brokenOff();
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = chunks;
  if (only && chunks.length === 1) return only;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
