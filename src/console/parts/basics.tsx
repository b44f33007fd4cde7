import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Outcome } from "../api/client.ts";
import type { Loaded } from "../state/asking.ts";
import { language, useTexts } from "../state/preferences.ts";
import { useStore } from "../state/store.ts";

type Children = { children?: ComponentChildren };

/** A button; while its act is under way it says so, and is pressed in vain. */
export function Button({
  onPress,
  look = "plain",
  isBusy = false,
  type = "button",
  label,
  children,
}: Children & {
  onPress?: () => void;
  look?: "plain" | "main" | "danger" | "quiet";
  isBusy?: boolean;
  type?: "button" | "submit";
  label?: string | undefined;
}) {
  return (
    <button
      type={type}
      class={`button ${look}`}
      aria-disabled={isBusy}
      aria-busy={isBusy}
      aria-label={label}
      onClick={(event) => {
        if (isBusy) event.preventDefault();
        else onPress?.();
      }}
    >
      {children}
    </button>
  );
}

/** A form that asks the service by itself: what is typed does not leave by the browser's own way. */
export function Form({ look, onSubmit, children }: Children & { look?: string; onSubmit: () => void }) {
  return (
    <form
      class={look}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}

/** What every field has: its label, what may be said of it, and the id that ties them together. */
interface Labelled {
  label: string;
  hint?: string | undefined;
}

const kinds = {
  text: { type: "text" },
  password: { type: "password" },
  search: { type: "search" },
  "datetime-local": { type: "datetime-local" },
  email: { type: "email" },
  tel: { type: "tel" },
} as const;

/** A field for one text. */
export function TextField({
  label,
  hint,
  value,
  onInput,
  type = "text",
  isRequired = false,
  most,
  rows,
  focus = false,
}: Labelled & {
  value: string;
  onInput: (value: string) => void;
  type?: keyof typeof kinds;
  isRequired?: boolean;
  most?: number;
  rows?: number;
  focus?: boolean;
}) {
  const id = useId();
  const shared = {
    id,
    value,
    required: isRequired,
    maxLength: most,
    autoComplete: type === "password" ? "new-password" : "off",
    spellcheck: false,
    autofocus: focus,
    // Seconds may be typed as well.
    step: type === "datetime-local" ? 1 : undefined,
    "aria-describedby": hint === undefined ? undefined : `${id}-hint`,
    onInput: (event: { currentTarget: { value: string } }) => onInput(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {rows === undefined ? <input {...shared} {...kinds[type]} /> : <textarea {...shared} rows={rows} />}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** A field that takes one of a few. */
export function ChoiceField<T extends string>({
  label,
  value,
  onChoose,
  choices,
}: Labelled & { value: T; onChoose: (value: T) => void; choices: readonly (readonly [T, string])[] }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const chosen = choices.find(([each]) => each === event.currentTarget.value);
          if (chosen) onChoose(chosen[0]);
        }}
      >
        {choices.map(([each, name]) => (
          <option key={each} value={each}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

export type Tone = "good" | "bad" | "wait" | "calm";

/** A word on how something is: the word says it, the colour only helps. */
export function Badge({ tone, children }: Children & { tone: Tone }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(tongue: string): Intl.DateTimeFormat {
  const known = clocks.get(tongue);
  if (known) return known;
  const made = new Intl.DateTimeFormat(tongue === "zh" ? "zh-CN" : "en-GB", {
    dateStyle: "medium",
    timeStyle: "medium",
  });
  clocks.set(tongue, made);
  return made;
}

/** A text whose instants, which are in ISO 8601, are by the clock of whoever looks. */
export function byClock(text: string, tongue: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (at) => clockOf(tongue).format(new Date(at)));
}

/** An instant (ms) by the clock of whoever looks; as the number that it is where no calendar goes as far. */
export function When({ at }: { at: number }) {
  const tongue = useStore(language);
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return <span class="code">{at}</span>;
  return (
    <time dateTime={date.toISOString()} title={date.toISOString()}>
      {clockOf(tongue).format(date)}
    </time>
  );
}

/** Why something was not done, or not read: a refusal is told from an answer that was lost. */
export function Trouble({
  of,
  onRetry,
}: {
  of: Exclude<Outcome<unknown>, { kind: "done" }>;
  onRetry?: (() => void) | undefined;
}) {
  const t = useTexts();
  return (
    <div class={`notice ${of.kind === "refused" ? "bad" : "wait"}`} role="alert">
      {of.kind === "refused" && (
        <p>
          <strong>{t.outcome.refused}</strong> {of.message} <span class="code">{of.code}</span>
        </p>
      )}
      {of.kind === "unread" && <p>{t.outcome.unread}</p>}
      {of.kind === "unknown" && (
        <p>
          <strong>{t.outcome.unknown}</strong> {onRetry ? t.outcome.unknownRetry : t.outcome.unknownRead}{" "}
          {of.message} {of.requestId !== "" && <span class="code">{of.requestId}</span>}
        </p>
      )}
      {of.kind !== "unread" && onRetry && (
        <Button look="quiet" onPress={onRetry}>
          {t.common.again}
        </Button>
      )}
    </div>
  );
}

/** Says of what was typed for a user's id that it is none. */
export function NoId({ text }: { text: string }) {
  const t = useTexts();
  return (
    <p class="notice bad" role="alert">
      {t.record.noId(text.trim())}
    </p>
  );
}

/** A part of a page, under a heading. */
export function Card({
  title,
  aside,
  children,
  wide = false,
}: Children & { title: string; aside?: ComponentChildren; wide?: boolean }) {
  const id = useId();
  return (
    <section class={wide ? "card wide" : "card"} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** What stands where there is nothing yet. */
export function Loading() {
  const t = useTexts();
  return (
    <p class="loading">
      <span class="spinner" aria-hidden="true" />
      {t.common.loading}
    </p>
  );
}

/** What there is to say of a list that is not there yet, or is not anew. */
export function Reading({ of: { answer, trouble, isLoading, reload } }: { of: Loaded<unknown> }) {
  return (
    <>
      {trouble && <Trouble of={trouble} onRetry={reload} />}
      {isLoading && answer === undefined && <Loading />}
    </>
  );
}
