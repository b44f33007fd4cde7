import { useEffect, useState } from "preact/hooks";
import type { Outcome } from "../api/client.ts";
import type { Data } from "../api/types.ts";
import { ask } from "./asking.ts";
import { say } from "./said.ts";
import { languages, language } from "./preferences.ts";

/** How long one who types is waited for (ms). */
const PAUSE = 180;

/** Who was found. */
export interface Found {
  /** By what they were found: while the next answer is waited for, it is what was asked before. */
  of: string;
  found: Data<"findUsersBy">;
  /** Where the text is the id of a request: when it came (ms). */
  requestedAt: number | undefined;
  trouble: Exclude<Outcome<unknown>, { kind: "done" }> | undefined;
  isLoading: boolean;
  reload: () => void;
}

/** Finds users while one types; "" finds nobody. What is typed goes in a body: a token or a number belongs in no log. */
export function useFind(query: string, isMay: boolean): Found {
  const [state, setState] = useState<Omit<Found, "reload">>({
    of: "",
    found: [],
    requestedAt: undefined,
    trouble: undefined,
    isLoading: true,
  });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!isMay || query === "") return undefined;
    const gone = new AbortController();
    const look = async () => {
      setState((before) => ({ ...before, isLoading: true }));
      try {
        const outcome = await ask("findUsersBy", { q: query, limit: 50 }, { signal: gone.signal });
        const isLoading = false;
        if (outcome.kind !== "done")
          return setState({ of: query, found: [], requestedAt: undefined, trouble: outcome, isLoading });
        const { data: found, requested_at: requestedAt } = outcome.answer;
        setState({ of: query, found, requestedAt, trouble: undefined, isLoading });
        say(languages[language.value].home.count(found.length));
      } catch {
        // Another was asked for meanwhile.
      }
    };
    const pause = setTimeout(() => void look(), PAUSE);
    return () => {
      clearTimeout(pause);
      gone.abort();
    };
  }, [query, isMay, round]);
  return { ...state, reload: () => setRound((before) => before + 1) };
}
