import { useState } from "preact/hooks";
import { ChoiceField, TextField } from "../../parts/basics.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { useTexts } from "../../state/preferences.ts";

/** What a ban is to say, and until when it is (ms). */
export interface Order {
  reason?: string;
  note?: string;
  until?: number;
}

const HOUR = 3_600_000;
const spans = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR, month: 30 * 24 * HOUR } as const;

type Span = "forever" | keyof typeof spans | "other";

const isSpan = (span: Span): span is keyof typeof spans => Object.hasOwn(spans, span);

/** Asks for the reason, the note and the end of a ban. */
export function DisableDialog({
  title,
  hint,
  reason: first,
  onClose,
  onSubmit,
}: {
  title: string;
  hint: string;
  reason: string;
  onClose: () => void;
  onSubmit: (order: Order) => void;
}) {
  const t = useTexts();
  const [reason, setReason] = useState(first);
  const [note, setNote] = useState("");
  const [span, setSpan] = useState<Span>("forever");
  const [until, setUntil] = useState("");
  const submit = () => {
    const end = isSpan(span)
      ? Date.now() + spans[span]
      : span === "other"
        ? new Date(until).getTime()
        : undefined;
    onSubmit({
      ...(reason !== "" && { reason }),
      ...(note !== "" && { note }),
      ...(end !== undefined && { until: end }),
    });
  };
  return (
    <Dialog title={title} submit={title} look="danger" onClose={onClose} onSubmit={submit}>
      <p>{hint}</p>
      <TextField
        label={t.ban.reason}
        hint={t.ban.reasonHint}
        value={reason}
        onInput={setReason}
        most={256}
        focus
      />
      <TextField
        label={t.ban.note}
        hint={t.ban.noteHint}
        value={note}
        onInput={setNote}
        most={1024}
        rows={2}
      />
      <ChoiceField
        label={t.ban.span}
        value={span}
        onChoose={setSpan}
        choices={[
          ["forever", t.ban.forever],
          ["hour", t.ban.hour],
          ["day", t.ban.day],
          ["week", t.ban.week],
          ["month", t.ban.month],
          ["other", t.ban.other],
        ]}
      />
      {span === "other" && (
        <TextField label={t.ban.until} value={until} onInput={setUntil} type="datetime-local" isRequired />
      )}
    </Dialog>
  );
}
