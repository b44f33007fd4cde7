import type { ComponentChildren } from "preact";
import type { Outcome } from "../../api/client.ts";
import { Badge, Trouble, When } from "../../parts/basics.tsx";
import { useTexts } from "../../state/preferences.ts";

/** An act whose answer has come, or was waited for in vain. */
export interface Result {
  key: string;
  at: number;
  title: string;
  outcome: Outcome<unknown>;
  /** True where the answer says that it was done for all. */
  isDone: boolean;
  detail?: ComponentChildren;
  onRetry?: () => void;
}

/** What was done here, the last first: each by its answer. */
export function Results({ results }: { results: readonly Result[] }) {
  const t = useTexts();
  if (results.length === 0) return null;
  return (
    <section class="results" aria-label={t.outcome.title}>
      {results.map(({ key, at, title, outcome, isDone, detail, onRetry }) => (
        <div key={key} class={`result ${isDone ? "done" : "open"}`} data-result={outcome.kind}>
          <p>
            <strong>{title}</strong>{" "}
            {outcome.kind === "done" && (
              <Badge tone={isDone ? "good" : "bad"}>{isDone ? t.outcome.done : t.outcome.failed}</Badge>
            )}{" "}
            <span class="hint">
              <When at={at} />
            </span>
          </p>
          {outcome.kind !== "done" && <Trouble of={outcome} onRetry={onRetry} />}
          {detail}
        </div>
      ))}
    </section>
  );
}
