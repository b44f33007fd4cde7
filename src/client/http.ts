/** A request as it goes out. */
export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | ArrayBuffer;
  /** How long its answer is waited for (ms): whoever asks gives it up by itself as well. */
  timeoutMs: number;
}

/** An answer, all of which is here. */
export interface HttpAnswer {
  status: number;
  /** What a header says, by its name in lower case; undefined where there is none. */
  header: (name: string) => string | undefined;
  text: string;
}

/** A request that is under way. `abort` gives it up, as far as its runtime can. */
export interface Exchange {
  answer: Promise<HttpAnswer>;
  abort: () => void;
}

/** Sends a request. It follows no redirect, which would take the token elsewhere, where its runtime lets it choose. */
export type Transport = (request: HttpRequest) => Exchange;

/** What a request is told beside: how a browser is to keep its answer and what it may send along. */
export interface FetchManner {
  cache?: "no-store";
  credentials?: "omit";
}

/** Sends by `fetch`. Throws a TypeError where there is none. */
export function fetchTransport(manner: FetchManner = {}): Transport {
  if (typeof fetch === "undefined")
    throw new TypeError("there is no fetch here: give transport in the options");
  return ({ method, url, headers, body }) => {
    const aborter = typeof AbortController === "undefined" ? undefined : new AbortController();
    const answer = fetch(url, {
      ...manner,
      method,
      headers,
      redirect: "manual",
      ...(body !== undefined && { body }),
      ...(aborter && { signal: aborter.signal }),
    }).then(async (response) => ({
      // Of a redirect that was not followed a browser says nothing, not even its status.
      status: response.status || 302,
      header: (name: string) => response.headers.get(name) ?? undefined,
      text: await response.text(),
    }));
    return { answer, abort: () => aborter?.abort() };
  };
}
