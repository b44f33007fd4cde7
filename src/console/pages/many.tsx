import { useState } from "preact/hooks";
import { Badge, Button, Card, ChoiceField, Form, TextField, type Tone } from "../parts/basics.tsx";
import { Table } from "../parts/table.tsx";
import { askInTurn } from "../state/asking.ts";
import { type Item, type Job, batch, runBatch } from "../state/batch.ts";
import { isId } from "../state/ids.ts";
import { useTexts } from "../state/preferences.ts";
import { linkTo } from "../state/router.ts";
import { say } from "../state/said.ts";
import { type Session, may } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { DisableDialog, type Order } from "./user/disable.tsx";

type What = "kick" | "disable" | "enable";

/** Most users of one request. */
const ROWS = 100;
/** Most users at once. */
const MOST = 5_000;
/** How many of those that went well are shown. */
const SHOWN = 200;

const tones: Record<Item["state"], Tone> = { open: "calm", done: "good", failed: "bad", unknown: "wait" };

/** The ids of a text, each once; what is none is told. */
function idsOf(text: string): { ids: number[]; wrong: string[] } {
  const words = text.split(/[\s,;#]+/).filter((word) => word !== "");
  return {
    ids: [...new Set(words.filter(isId).map(Number))],
    wrong: words.filter((word) => !isId(word)),
  };
}

const newItem = (id: number): Item => ({ id, state: "open", why: "" });

function kickJobs(who: Session, ids: readonly number[]): Job[] {
  return ids.map((user) => ({
    items: [newItem(user)],
    key: crypto.randomUUID(),
    send: async (key, signal) => await askInTurn("kick", {}, { user, key, who, signal }),
  }));
}

function statusJobs(
  who: Session,
  id: "disableUsers" | "enableUsers",
  ids: readonly number[],
  order: Order,
): Job[] {
  return Array.from({ length: Math.ceil(ids.length / ROWS) }, (_, index) => {
    const items = ids.slice(index * ROWS, (index + 1) * ROWS).map(newItem);
    return {
      items,
      key: crypto.randomUUID(),
      async send(key, signal) {
        // A repeat has all of the rows: it is the same request, and those that are done stay so.
        const list = items.map((item) => Number(item.id));
        const outcome = await askInTurn(id, { list, ...order }, { key, who, signal });
        if (outcome.kind !== "done") return outcome;
        return new Map(
          outcome.answer.results.map(({ user_id, success, reason }) => [
            user_id,
            { isDone: success, why: reason },
          ]),
        );
      },
    };
  });
}

/** Does the same for many users, and says what became of each. */
export function ManyPage({ who }: { who: Session }) {
  const t = useTexts();
  const names: Record<What, string> = {
    kick: t.acts.kickAll,
    disable: t.acts.disable,
    enable: t.acts.enable,
  };
  const scopes: Record<What, boolean> = {
    kick: may(who, "kick"),
    disable: may(who, "disableUsers"),
    enable: may(who, "enableUsers"),
  };
  const choices = (["kick", "disable", "enable"] as const).flatMap((each) =>
    scopes[each] ? [[each, names[each]] as const] : [],
  );
  const [text, setText] = useState("");
  const [what, setWhat] = useState<What>(choices[0]?.[0] ?? "kick");
  const [isAsking, setAsking] = useState(false);
  const { of: jobs, isBusy } = useStore(batch) ?? { of: [], isBusy: false };
  const { ids, wrong } = idsOf(text);
  const run = async (made: readonly Job[]) => {
    if (!(await runBatch(made))) return;
    const all = made.flatMap(({ items }) => items);
    say(t.many.summary(all.filter(({ state }) => state === "done").length, all.length));
  };
  const items = jobs.flatMap((job) => job.items);
  const left = items.filter(({ state }) => state !== "done");
  const shown = [...left, ...items.filter(({ state }) => state === "done")].slice(0, SHOWN);
  const begin = () => {
    if (ids.length === 0 || ids.length > MOST) return;
    if (what === "disable") setAsking(true);
    else void run(what === "kick" ? kickJobs(who, ids) : statusJobs(who, "enableUsers", ids, {}));
  };
  return (
    <>
      <h1>{t.nav.many}</h1>
      <Card title={t.many.title}>
        <Form onSubmit={begin}>
          <TextField
            label={t.many.ids}
            hint={t.many.hint(MOST)}
            value={text}
            onInput={setText}
            rows={6}
            isRequired
          />
          {wrong.length > 0 && (
            <p class="notice bad" role="alert">
              {t.many.wrong(wrong.slice(0, 5).join(", "))}
            </p>
          )}
          {ids.length > MOST && <p class="notice bad">{t.many.tooMany(MOST)}</p>}
          <div class="inline">
            <ChoiceField label={t.many.what} value={what} onChoose={setWhat} choices={choices} />
            <Button type="submit" look={what === "enable" ? "main" : "danger"} isBusy={isBusy}>
              {`${names[what]} (${ids.length})`}
            </Button>
          </div>
        </Form>
      </Card>
      {isAsking && (
        <DisableDialog
          title={`${t.acts.disable} (${ids.length})`}
          hint={t.acts.disableHint}
          reason=""
          onClose={() => setAsking(false)}
          onSubmit={(order) => {
            setAsking(false);
            void run(statusJobs(who, "disableUsers", ids, order));
          }}
        />
      )}
      {items.length > 0 && (
        <Card
          title={t.many.became}
          aside={
            !isBusy && left.length > 0 ? (
              <Button onPress={() => void run(jobs)}>{t.many.again(left.length)}</Button>
            ) : undefined
          }
        >
          <p role="status">{t.many.summary(items.length - left.length, items.length)}</p>
          <progress
            max={items.length}
            value={items.filter(({ state }) => state !== "open").length}
            aria-label={t.many.became}
          />
          <Table
            label={t.many.became}
            rows={shown}
            keyOf={({ id }) => id}
            columns={[
              { title: t.record.user, cell: ({ id }) => <a href={linkTo(`user/${id}`)}>#{id}</a> },
              {
                title: t.many.state,
                cell: ({ state }) => <Badge tone={tones[state]}>{t.many.states[state]}</Badge>,
              },
              { title: t.ban.reason, cell: ({ why }) => why || "—", isWide: true },
            ]}
          />
          {items.length > shown.length && <p class="hint">{t.many.more(items.length - shown.length)}</p>}
        </Card>
      )}
    </>
  );
}
