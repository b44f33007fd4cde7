import { useRef, useState } from "preact/hooks";
import { Button, Card, ChoiceField, Form, TextField } from "../parts/basics.tsx";
import { Table } from "../parts/table.tsx";
import { ask } from "../state/asking.ts";
import { useTexts } from "../state/preferences.ts";
import { say } from "../state/said.ts";

/** Most lines of one request. */
const LINES = 500;
/** Most rejects that are shown. */
const SHOWN = 500;

type Mode = "insert" | "upsert";

interface Reject {
  line: number;
  username: string;
  reason: string;
}

interface Progress {
  sent: number;
  all: number;
  counts: Record<string, number>;
  rejects: Reject[];
  /** Why it stopped before the end; "" where it did not. */
  stopped: string;
}

/** A part of the lines: their text, the number of each, and the key by which a repeat of it is known. */
interface Part {
  text: string;
  numbers: number[];
  key: string;
}

function partsOf(text: string): Part[] {
  const lines = text
    .split(/\r?\n/)
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== "");
  return Array.from({ length: Math.ceil(lines.length / LINES) }, (_, index) => {
    const part = lines.slice(index * LINES, (index + 1) * LINES);
    return {
      text: part.map(({ line }) => line).join("\n"),
      // Between them may be empty ones, which are not sent.
      numbers: part.map(({ number }) => number),
      key: crypto.randomUUID(),
    };
  });
}

/** Brings users in from lines of JSON, part by part, and lists what was rejected with why. */
export function ImportPage() {
  const t = useTexts();
  const [text, setText] = useState("");
  const [mode, setMode] = useState<Mode>("insert");
  const [isDry, setDry] = useState(true);
  const [isBusy, setBusy] = useState(false);
  const [progress, setProgress] = useState<Progress>();
  const left = useRef<Part[]>([]);
  const go = async (begun: Progress) => {
    if (isBusy) return;
    setBusy(true);
    const now: Progress = { ...begun, stopped: "" };
    setProgress(now);
    for (let [part] = left.current; part; [part] = left.current) {
      const { key, text: lines, numbers } = part;
      const outcome = await ask("importUsers", { mode, dry_run: isDry, rows: [] }, { key, lines });
      if (outcome.kind !== "done") {
        now.stopped =
          outcome.kind === "refused"
            ? outcome.message
            : outcome.kind === "unread"
              ? t.outcome.unread
              : t.outcome.unknown;
        break;
      }
      left.current.shift();
      now.sent += numbers.length;
      for (const { row, result, username, reason } of outcome.answer.data) {
        now.counts[result] = (now.counts[result] ?? 0) + 1;
        if (result === "failed") now.rejects.push({ line: numbers[row - 1] ?? 0, username, reason });
      }
      setProgress({ ...now });
    }
    setProgress({ ...now });
    setBusy(false);
    say(t.import.summary(now.sent, now.all, now.rejects.length));
  };
  const begin = () => {
    left.current = partsOf(text);
    const all = left.current.reduce((sum, { numbers }) => sum + numbers.length, 0);
    if (all > 0) void go({ sent: 0, all, counts: {}, rejects: [], stopped: "" });
  };
  return (
    <>
      <h1>{t.nav.import}</h1>
      <Card title={t.import.title}>
        <Form onSubmit={begin}>
          <div class="field">
            <label for="import-file">{t.import.file}</label>
            <input
              id="import-file"
              type="file"
              accept=".ndjson,.jsonl,.json,.txt"
              onChange={(event) => {
                void event.currentTarget.files?.[0]?.text().then(setText);
              }}
            />
          </div>
          <TextField
            label={t.import.lines}
            hint={t.import.hint}
            value={text}
            onInput={setText}
            rows={8}
            isRequired
          />
          <div class="inline">
            <ChoiceField
              label={t.import.mode}
              value={mode}
              onChoose={setMode}
              choices={[
                ["insert", t.import.insert],
                ["upsert", t.import.upsert],
              ]}
            />
            <label class="check">
              <input
                type="checkbox"
                checked={isDry}
                onChange={(event) => setDry(event.currentTarget.checked)}
              />
              {t.import.dry}
            </label>
            <Button type="submit" look="main" isBusy={isBusy}>
              {isDry ? t.import.try : t.import.run}
            </Button>
          </div>
        </Form>
      </Card>
      {progress && (
        <Card
          title={isDry ? t.import.wouldBe : t.import.became}
          aside={
            progress.stopped !== "" && !isBusy ? (
              <Button onPress={() => void go(progress)}>{t.import.goOn}</Button>
            ) : undefined
          }
        >
          <progress max={progress.all} value={progress.sent} aria-label={t.import.became} />
          <p role="status">{t.import.summary(progress.sent, progress.all, progress.rejects.length)}</p>
          <p>
            {Object.entries(progress.counts)
              .map(([result, count]) => `${t.import.results[result] ?? result}: ${count}`)
              .join(" · ")}
          </p>
          {progress.stopped !== "" && (
            <p class="notice wait" role="alert">
              {progress.stopped}
            </p>
          )}
          {progress.rejects.length > 0 && (
            <Table
              label={t.import.rejects}
              rows={progress.rejects.slice(0, SHOWN)}
              keyOf={({ line }) => line}
              columns={[
                { title: t.import.line, cell: ({ line }) => line },
                { title: t.profile.username, cell: ({ username }) => username || "—" },
                { title: t.ban.reason, cell: ({ reason }) => reason, isWide: true },
              ]}
            />
          )}
        </Card>
      )}
    </>
  );
}
