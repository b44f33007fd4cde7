import type { ComponentChildren } from "preact";
import type { Outcome } from "../../api/client.ts";
import type { RouteId } from "../../api/routes.ts";
import type { Answer, Input } from "../../api/types.ts";
import { type Act, type ActOptions, useAct } from "../../state/asking.ts";
import { useTexts } from "../../state/preferences.ts";
import { say } from "../../state/said.ts";
import type { Result } from "./results.tsx";

/** What is told of an answer: that it was done for all, and what of it is shown. */
export interface Told {
  isDone: boolean;
  detail?: ComponentChildren;
}

/** An act of the user's page: its answer, or that there was none, is noted among the results and told to screen readers. */
export interface Doing<I extends RouteId> extends Pick<Act<I>, "isUnderWay"> {
  run: (title: string, input: Input<I>, options?: ActOptions) => Promise<Outcome<Answer<I>> | undefined>;
}

/** Does something by an operation, and tells of its answer by `tell`. */
export function useDoing<I extends RouteId>(
  id: I,
  onResult: (result: Result) => void,
  tell: (answer: Answer<I>) => Told,
): Doing<I> {
  const t = useTexts();
  const act = useAct(id);
  const run: Doing<I>["run"] = async (title, input, options) => {
    const outcome = await act.run(input, options);
    if (!outcome) return undefined;
    const told: Told = outcome.kind === "done" ? tell(outcome.answer) : { isDone: false };
    const became =
      outcome.kind === "unknown"
        ? t.outcome.unknown
        : outcome.kind === "unread" || told.isDone
          ? t.outcome.done
          : t.outcome.failed;
    say(`${title}: ${became}`);
    onResult({
      key: crypto.randomUUID(),
      at: Date.now(),
      title,
      outcome,
      ...told,
      ...(outcome.kind === "unknown" && { onRetry: () => void run(title, input, options) }),
    });
    return outcome;
  };
  return { isUnderWay: act.isUnderWay, run };
}
