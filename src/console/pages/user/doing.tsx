import type { ComponentChildren } from "preact";
import type { RouteId } from "../../api/routes.ts";
import type { Answer, Input } from "../../api/types.ts";
import { type ActOptions, type Sent, useWriting } from "../../state/asking.ts";
import { useTexts } from "../../state/preferences.ts";
import { say } from "../../state/said.ts";
import type { Book } from "./results.tsx";

/** What is told of an answer: that it was done for all, and what of it is shown. */
export interface Told {
  isDone: boolean;
  detail?: ComponentChildren;
}

/** An act of a page: its answer, or that there was none, is noted among the results and told to screen readers. */
export interface Doing<I extends RouteId> {
  isUnderWay: boolean;
  /** Does it anew. Where the same has got no answer before, whoever presses is asked first which is meant. */
  run: (title: string, input: Input<I>, options?: ActOptions) => void;
}

/** Does something by an operation, and tells of its answer by `tell`; `onDone` hears that it was done. */
export function useDoing<I extends RouteId>(
  id: I,
  book: Book,
  tell: (answer: Answer<I>) => Told,
  onDone?: () => void,
): Doing<I> {
  const t = useTexts();
  const { isUnderWay, begin, repeat } = useWriting(id);
  const run: Doing<I>["run"] = (title, input, options) => {
    const request = JSON.stringify([id, input, options]);
    const follow = async (sending: Promise<Sent<I> | undefined>) => {
      const sent = await sending;
      if (!sent) return;
      const { key, outcome } = sent;
      const told: Told = outcome.kind === "done" ? tell(outcome.answer) : { isDone: false };
      const became =
        outcome.kind === "unknown"
          ? t.outcome.unknown
          : outcome.kind === "unread" || told.isDone
            ? t.outcome.done
            : t.outcome.failed;
      say(`${title}: ${became}`);
      book.note({
        key,
        request,
        at: Date.now(),
        title,
        outcome,
        ...told,
        ...(outcome.kind === "unknown" && { onRetry: () => void follow(repeat(key, input, options)) }),
      });
      if (outcome.kind === "done") onDone?.();
    };
    book.whenMeant(request, () => void follow(begin(input, options)));
  };
  return { isUnderWay, run };
}
