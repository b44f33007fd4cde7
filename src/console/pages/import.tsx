import { useState } from "preact/hooks";
import { Button, Card, ChoiceField, Form, TextField, Trouble } from "../parts/basics.tsx";
import { Table } from "../parts/table.tsx";
import { type Import, type Manner, importing, newImport, runImport } from "../state/importing.ts";
import { useTexts } from "../state/preferences.ts";
import { say } from "../state/said.ts";
import type { Session } from "../state/session.ts";
import { useStore } from "../state/store.ts";

/** Most rejects that are shown. */
const SHOWN = 500;

/** Brings users in from lines of JSON, part by part, and lists what was rejected with why. */
export function ImportPage({ who }: { who: Session }) {
  const t = useTexts();
  const [text, setText] = useState("");
  const [mode, setMode] = useState<Manner["mode"]>("insert");
  const [isDry, setDry] = useState(true);
  const run = useStore(importing);
  const isBusy = run?.isBusy === true;
  const progress = run?.of;
  const go = async (what: Import) => {
    if (await runImport(what)) say(t.import.summary(what.sent, what.all, what.rejects.length));
  };
  const begin = () => {
    const made = newImport(text, { who, mode, isDry });
    if (made.all > 0) void go(made);
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
          title={progress.isDry ? t.import.wouldBe : t.import.became}
          aside={
            progress.stopped && !isBusy ? (
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
          {progress.stopped && <Trouble of={progress.stopped} />}
          {progress.rejects.length > 0 && (
            <Table
              label={t.import.rejects}
              rows={progress.rejects.toSorted((one, other) => one.line - other.line).slice(0, SHOWN)}
              keyOf={({ line }) => line}
              columns={[
                { title: t.import.line, cell: ({ line }) => line },
                { title: t.profile.username, cell: ({ username }) => username || "—" },
                {
                  title: t.ban.reason,
                  cell: (reject) => ("wrong" in reject ? t.import.wrong[reject.wrong] : reject.reason),
                  isWide: true,
                },
              ]}
            />
          )}
        </Card>
      )}
    </>
  );
}
