import { httpAddress } from "./address.ts";
import { type Envelope, Unanswered, failureIn, successIn } from "./failures.ts";
import type { HttpAnswer, HttpRequest, Transport } from "./http.ts";
import { linesIn } from "./lines.ts";
import { type Schedule, type StopSignal, reasonOf, throwIfStopped } from "./schedule.ts";

/** Where the service is and how it is reached. */
export interface Place {
  /** An http or https URL. A path is kept; a query is not. */
  url: string;
  /** The headers of every request: the app, and who asks. */
  headers: Record<string, string>;
  transport: Transport;
  schedule: Schedule;
  /** How long an answer is waited for (ms). */
  timeoutMs: number;
}

/** A request before it is known where it goes. */
export interface Outgoing {
  method: string;
  path: string;
  query?: object;
  body?: { type: string; content: string | ArrayBuffer };
  headers?: Record<string, string>;
  stop?: StopSignal | undefined;
  /** How long its answer is waited for (ms), where that is not as long as for others. */
  timeoutMs?: number | undefined;
}

/** What goes with a call beside its parameters. */
export interface Extra {
  headers?: Record<string, string>;
  /** The lines of a list of rows, as they are, in its place. */
  lines?: string | ArrayBuffer | undefined;
  stop?: StopSignal | undefined;
  timeoutMs?: number | undefined;
}

/** An operation's request, from its route (`METHOD /path`, and what its body is where that is not JSON) and its parameters. */
export function outgoing(route: string, params: object, { lines, ...extra }: Extra): Outgoing {
  const [method = "", path = "", shape] = route.split(" ");
  const { text, rows, ...rest }: { text?: unknown; rows?: unknown } = params;
  if (shape === "text") {
    // Sent as nothing it would be set to nothing.
    if (typeof text !== "string") throw new TypeError("text is required, as a string: { text: … }");
    return { ...extra, method, path, body: { type: "text/plain", content: text } };
  }
  if (shape === "rows") {
    const content = lines ?? (Array.isArray(rows) ? rows : []).map((row) => JSON.stringify(row)).join("\n");
    return { ...extra, method, path, query: rest, body: { type: "application/x-ndjson", content } };
  }
  if (method === "GET") return { ...extra, method, path, query: params };
  return {
    ...extra,
    method,
    path,
    body: { type: "application/json", content: JSON.stringify(params) },
  };
}

/** Sends requests to one service, once each. */
export class Caller {
  readonly #place: Place;

  /** Throws a TypeError for a URL that is none of a service. */
  constructor(place: Place) {
    httpAddress(place.url, "", []);
    this.#place = place;
  }

  /** Calls an operation once. Throws `Refused`, `Withheld` or `Unanswered`, or what `stop` was aborted with. */
  async call(route: string, params: object, extra: Extra): Promise<Envelope> {
    const answer = await this.send(outgoing(route, params, extra));
    if (!route.endsWith(" lines") || !answer.header("content-type")?.includes("ndjson")) {
      return successIn(answer);
    }
    if (answer.status !== 200) throw failureIn(answer);
    return linesIn(answer.text);
  }

  /** Sends a request once, and returns all of its answer, whatever it says. Throws `Unanswered` where none came. */
  async send({ method, path, query = {}, body, headers, stop, timeoutMs }: Outgoing): Promise<HttpAnswer> {
    throwIfStopped(stop);
    const { url, transport } = this.#place;
    return await this.#hear(
      {
        method,
        url: httpAddress(url, path, Object.entries(query)),
        headers: { ...this.#place.headers, ...(body && { "content-type": body.type }), ...headers },
        ...(body && { body: body.content }),
        timeoutMs: timeoutMs ?? this.#place.timeoutMs,
      },
      transport,
      stop,
    );
  }

  async #hear(request: HttpRequest, transport: Transport, stop?: StopSignal): Promise<HttpAnswer> {
    let end: (() => void) | undefined;
    try {
      return await new Promise<HttpAnswer>((done, fail) => {
        const { answer, abort } = transport(request);
        const giveUp = (why: unknown) => {
          fail(why);
          abort();
        };
        const late = () => giveUp(new Unanswered(`no answer within ${request.timeoutMs / 1000} s`));
        const cancel = this.#place.schedule(late, request.timeoutMs);
        const onAbort = () => stop && giveUp(reasonOf(stop));
        stop?.addEventListener("abort", onAbort);
        end = () => {
          cancel();
          stop?.removeEventListener("abort", onAbort);
        };
        answer.then(done, fail);
      });
    } catch (error) {
      throwIfStopped(stop);
      if (error instanceof Unanswered) throw error;
      throw new Unanswered(`no answer: ${whyOf(error)}`, { reason: error });
    } finally {
      end?.();
    }
  }
}

const whyOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
