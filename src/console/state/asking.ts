import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type Options, type Outcome, send, tokenIsDead } from "../api/client.ts";
import type { RouteId } from "../api/routes.ts";
import type { Answer, Input } from "../api/types.ts";
import { end, rootKey, session } from "./session.ts";

/** Sends a request of whoever is signed in. A token that is dead ends the session. */
export async function ask<I extends RouteId>(
  id: I,
  input: Input<I>,
  { app, ...options }: Options & { app?: string } = {},
): Promise<Outcome<Answer<I>>> {
  const { value: who } = session;
  const credentials = { app: app ?? who?.app ?? "", token: who?.token ?? "", rootKey: rootKey.value };
  const outcome = await send(credentials, id, input, options);
  if (outcome.kind === "refused" && tokenIsDead(outcome.code) && session.value === who) end("dead");
  return outcome;
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

/** An act: what is under way, and what became of the last one. */
export interface Act<I extends RouteId> {
  isUnderWay: boolean;
  outcome: Outcome<Answer<I>> | undefined;
  /**
   * Sends it with an Idempotency-Key. Nothing is sent while one is under way. The same once more, after an answer that was lost,
   * is sent under the same key, so that it is done once.
   */
  run: (input: Input<I>, options?: ActOptions) => Promise<Outcome<Answer<I>> | undefined>;
  forget: () => void;
}

export type ActOptions = Omit<Options, "key" | "signal"> & { app?: string };

/** Writes by an operation: one act at a time. */
export function useAct<I extends RouteId>(id: I): Act<I> {
  const [isUnderWay, setUnderWay] = useState(false);
  const [outcome, setOutcome] = useState<Outcome<Answer<I>>>();
  const busy = useRef(false);
  const open = useRef({ request: "", key: "" });
  const run = async (input: Input<I>, options: ActOptions = {}) => {
    if (busy.current) return undefined;
    busy.current = true;
    setUnderWay(true);
    const request = JSON.stringify([input, options]);
    if (open.current.request !== request) open.current = { request, key: crypto.randomUUID() };
    const became = await ask(id, input, { ...options, key: open.current.key });
    if (became.kind !== "unknown") open.current = { request: "", key: "" };
    busy.current = false;
    setUnderWay(false);
    setOutcome(became);
    return became;
  };
  return { isUnderWay, outcome, run, forget: () => setOutcome(undefined) };
}
