import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Outcome } from "../../api/client.ts";
import { Badge, Button, Trouble, When } from "../../parts/basics.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { useTexts } from "../../state/preferences.ts";

/** Most results that a page keeps. */
const KEPT = 20;

/** An act whose answer has come, or was waited for in vain. */
export interface Result {
  /** Its Idempotency-Key: an act has one result, the last that is known of it. */
  key: string;
  /** What was asked for, by which the same is known again. */
  request: string;
  at: number;
  title: string;
  outcome: Outcome<unknown>;
  /** True where the answer says that it was done for all. */
  isDone: boolean;
  detail?: ComponentChildren;
  /** Asks again what became of it; absent where that is known. */
  onRetry?: () => void;
}

/** A new act while the same has got no answer before. */
interface Question {
  lost: Result;
  anew: () => void;
}

/** The results of a page, the last first. */
export interface Book {
  results: readonly Result[];
  /** Notes what became of an act, in place of what was known of it. */
  note: (result: Result) => void;
  /** Begins a new act; where the same has got no answer before, only if whoever presses says that a new one is meant. */
  whenMeant: (request: string, anew: () => void) => void;
  question: Question | undefined;
  settle: () => void;
}

/** The results of a page, for as long as it is shown. */
export function useBook(): Book {
  const [results, setResults] = useState<readonly Result[]>([]);
  const [question, setQuestion] = useState<Question>();
  // What was noted since the page was drawn counts as well.
  const now = useRef(results);
  return {
    results,
    note(result) {
      now.current = [result, ...now.current.filter(({ key }) => key !== result.key)].slice(0, KEPT);
      setResults(now.current);
    },
    whenMeant(request, anew) {
      const lost = now.current.find(
        (result) => result.request === request && result.outcome.kind === "unknown",
      );
      if (lost) setQuestion({ lost, anew });
      else anew();
    },
    question,
    settle: () => setQuestion(undefined),
  };
}

function Which({ question: { lost, anew }, onClose }: { question: Question; onClose: () => void }) {
  const t = useTexts();
  return (
    <Dialog
      title={lost.title}
      submit={t.outcome.anew}
      look="danger"
      onClose={onClose}
      onSubmit={() => {
        onClose();
        anew();
      }}
    >
      <p>
        {t.outcome.which} <When at={lost.at} />
      </p>
      <Button
        onPress={() => {
          onClose();
          lost.onRetry?.();
        }}
      >
        {t.outcome.findOut}
      </Button>
    </Dialog>
  );
}

/** What was done here, the last first: each by its answer. */
export function Results({ of: { results, question, settle } }: { of: Book }) {
  const t = useTexts();
  if (results.length === 0) return null;
  return (
    <section class="results" aria-label={t.outcome.title}>
      {question && <Which question={question} onClose={settle} />}
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
