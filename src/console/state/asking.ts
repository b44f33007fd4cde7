import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type Options, type Outcome, send, tokenIsDead } from "../api/client.ts";
import type { RouteId } from "../api/routes.ts";
import type { Answer, Input } from "../api/types.ts";
import { type Session, end, rootKey, session } from "./session.ts";

/** Longest that the service may have one wait in all (ms). */
const LONGEST = 300_000;

/** Sends a request of whoever is signed in, or was when it was meant. A token that is dead ends the session. */
export async function ask<I extends RouteId>(
  id: I,
  input: Input<I>,
  { app, who = session.value, ...options }: Options & { app?: string; who?: Session | undefined } = {},
): Promise<Outcome<Answer<I>>> {
  const credentials = { app: app ?? who?.app ?? "", token: who?.token ?? "", rootKey: rootKey.value };
  const outcome = await send(credentials, id, input, options);
  if (outcome.kind === "refused" && tokenIsDead(outcome.code) && session.value === who) end("dead");
  return outcome;
}

/** One of many requests of a session: where the service asks to wait, it is waited, and the same sent again under its key. */
export async function askInTurn<I extends RouteId>(
  id: I,
  input: Input<I>,
  options: Options & { key: string; who: Session; signal: AbortSignal },
): Promise<Outcome<Answer<I>>> {
  const { signal } = options;
  for (let waited = 0; ;) {
    const outcome = await ask(id, input, options);
    const wait = "retryAfter" in outcome ? outcome.retryAfter : undefined;
    if (wait === undefined || waited + wait > LONGEST) return outcome;
    waited += wait;
    await new Promise((done) => {
      setTimeout(done, wait);
      signal.addEventListener("abort", done, { once: true });
    });
    signal.throwIfAborted();
  }
}

/** What is read: undefined until it is there. What was read last stays while it is read anew. */
export interface Loaded<T> {
  answer: T | undefined;
  /** Why there is none, or none that is new. */
  trouble: Exclude<Outcome<T>, { kind: "done" }> | undefined;
  isLoading: boolean;
  reload: () => void;
}

/**
 * Reads what an operation answers, and again whenever what is asked or `mark` changes; `input` undefined asks nothing. Who asks anew does
 * not wait for what was asked before.
 */
export function useLoad<I extends RouteId>(
  id: I,
  input: Input<I> | undefined,
  options: { user?: number; app?: string; every?: number; mark?: string } = {},
): Loaded<Answer<I>> {
  const [state, setState] = useState<Omit<Loaded<Answer<I>>, "reload">>({
    answer: undefined,
    trouble: undefined,
    isLoading: input !== undefined,
  });
  const [round, setRound] = useState(0);
  const asked = JSON.stringify([id, input, options]);
  const last = useRef("");
  useEffect(() => {
    if (input === undefined) return setState({ answer: undefined, trouble: undefined, isLoading: false });
    const gone = new AbortController();
    const { every, mark: _mark, ...rest } = options;
    const isSame = last.current === asked;
    last.current = asked;
    setState(({ answer }) => ({ answer: isSame ? answer : undefined, trouble: undefined, isLoading: true }));
    const read = async () => {
      try {
        const outcome = await ask(id, input, { ...rest, signal: gone.signal });
        if (outcome.kind === "done")
          setState({ answer: outcome.answer, trouble: undefined, isLoading: false });
        else setState(({ answer }) => ({ answer, trouble: outcome, isLoading: false }));
      } catch {
        // Nobody waits for it any more.
      }
    };
    void read();
    const again = every === undefined ? undefined : setInterval(() => document.hidden || void read(), every);
    return () => {
      clearInterval(again);
      gone.abort();
    };
  }, [asked, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  return { ...state, reload };
}

export type ActOptions = Omit<Options, "key" | "signal"> & { app?: string };

/** An act that was sent: the key that it has for good, and what became of it. */
export interface Sent<I extends RouteId> {
  key: string;
  outcome: Outcome<Answer<I>>;
}

/** Writes by an operation, each under an Idempotency-Key; undefined where nothing was sent. */
export interface Writing<I extends RouteId> {
  isUnderWay: boolean;
  /** Sends a new act, under a key of its own. Nothing is sent while another is under way. */
  begin: (input: Input<I>, options?: ActOptions) => Promise<Sent<I> | undefined>;
  /** Sends an act again whose answer was lost: under its key it is done once. */
  repeat: (key: string, input: Input<I>, options?: ActOptions) => Promise<Sent<I> | undefined>;
}

/** Writes by an operation. */
export function useWriting<I extends RouteId>(id: I): Writing<I> {
  const [isUnderWay, setUnderWay] = useState(false);
  const keys = useRef(new Set<string>()).current;
  const repeat: Writing<I>["repeat"] = async (key, input, options) => {
    if (keys.has(key)) return undefined;
    keys.add(key);
    setUnderWay(true);
    const outcome = await ask(id, input, { ...options, key });
    keys.delete(key);
    setUnderWay(keys.size > 0);
    return { key, outcome };
  };
  const begin: Writing<I>["begin"] = async (input, options) =>
    keys.size > 0 ? undefined : await repeat(crypto.randomUUID(), input, options);
  return { isUnderWay, begin, repeat };
}

/** An act of a form: what is under way, and what became of the last one. */
export interface Act<I extends RouteId> {
  isUnderWay: boolean;
  outcome: Outcome<Answer<I>> | undefined;
  /** Sends it as a new act; what became of the last one is forgotten. */
  run: (input: Input<I>, options?: ActOptions) => Promise<void>;
  /** Sends the last one again, as the act that it was; undefined where its answer is known. */
  retry: (() => void) | undefined;
}

/** Writes by an operation from a form, one act at a time; `onDone` hears of each that was done. */
export function useAct<I extends RouteId>(id: I, onDone: (answer: Answer<I>) => void): Act<I> {
  const { isUnderWay, begin, repeat } = useWriting(id);
  const [last, setLast] = useState<Pick<Act<I>, "outcome" | "retry">>();
  const run: Act<I>["run"] = async (input, options) => {
    if (isUnderWay) return;
    const follow = async (sending: Promise<Sent<I> | undefined>) => {
      setLast(undefined);
      const sent = await sending;
      if (!sent) return;
      const { key, outcome } = sent;
      const again = () => void follow(repeat(key, input, options));
      setLast({ outcome, retry: outcome.kind === "unknown" ? again : undefined });
      if (outcome.kind === "done") onDone(outcome.answer);
    };
    await follow(begin(input, options));
  };
  return { isUnderWay, outcome: last?.outcome, run, retry: last?.retry };
}
