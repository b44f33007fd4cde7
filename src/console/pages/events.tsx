import { useState } from "preact/hooks";
import { Badge, Button, Card, Reading, When } from "../parts/basics.tsx";
import { Pager, usePaging } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import { useLoad } from "../state/asking.ts";
import { useTexts } from "../state/preferences.ts";
import { type Session, may } from "../state/session.ts";
import { useDoing } from "./user/doing.tsx";
import { Results, useBook } from "./user/results.tsx";

function Dead({ who }: { who: Session }) {
  const t = useTexts();
  const paging = usePaging("dead");
  const loaded = useLoad("listDeadEvents", {
    limit: 50,
    cursor: paging.cursor,
  });
  const { answer, reload } = loaded;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const book = useBook();
  const replay = useDoing(
    "replayEvents",
    book,
    ({ data }) => ({ isDone: data.length > 0, detail: <p>{t.event.replayed(data.length)}</p> }),
    () => {
      setChosen(new Set());
      reload();
    },
  );
  const events = answer?.data ?? [];
  const isMay = may(who, "replayEvents");
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <Card
      title={t.event.dead}
      aside={
        isMay && events.length > 0 ? (
          <Button
            isBusy={replay.isUnderWay}
            onPress={() =>
              replay.run(t.event.replay, {
                ids: chosen.size > 0 ? [...chosen] : events.map(({ id }) => id),
              })
            }
          >
            {chosen.size > 0 ? t.event.replayChosen(chosen.size) : t.event.replayPage}
          </Button>
        ) : undefined
      }
    >
      <Results of={book} />
      <Reading of={loaded} />
      {answer && events.length === 0 && <p class="empty">{t.event.none}</p>}
      {events.length > 0 && (
        <Table
          label={t.event.dead}
          rows={events}
          keyOf={({ id }) => id}
          columns={[
            ...(isMay
              ? [
                  {
                    title: t.event.choose,
                    cell: ({ id, type }: { id: string; type: string }) => (
                      <input
                        type="checkbox"
                        data-row
                        aria-label={`${t.event.choose}: ${type} ${id}`}
                        checked={chosen.has(id)}
                        onChange={() => toggle(id)}
                      />
                    ),
                  },
                ]
              : []),
            { title: t.event.type, cell: ({ type }) => type },
            {
              title: t.event.data,
              cell: ({ data }) => <span class="code">{JSON.stringify(data)}</span>,
              isWide: true,
            },
            { title: t.event.made, cell: ({ created_at }) => <When at={created_at} /> },
            { title: t.event.died, cell: ({ dead_at }) => (dead_at === null ? "—" : <When at={dead_at} />) },
            { title: t.event.error, cell: ({ last_error }) => last_error || "—" },
          ]}
        />
      )}
      <Pager of={t.event.dead} paging={paging} cursor={answer?.cursor} />
    </Card>
  );
}

function Deliveries() {
  const t = useTexts();
  const paging = usePaging("deliveries");
  const loaded = useLoad("listDeliveries", {
    limit: 50,
    cursor: paging.cursor,
  });
  const { answer, reload } = loaded;
  return (
    <Card
      title={t.event.deliveries}
      aside={
        <Button look="quiet" onPress={reload}>
          {t.record.newer}
        </Button>
      }
    >
      <Reading of={loaded} />
      {answer?.data.length === 0 && <p class="empty">{t.event.noDeliveries}</p>}
      {answer && answer.data.length > 0 && (
        <Table
          label={t.event.deliveries}
          rows={answer.data}
          keyOf={({ event_id, try: nth }) => `${event_id} ${nth}`}
          columns={[
            { title: t.event.at, cell: ({ at }) => <When at={at} /> },
            { title: t.event.type, cell: ({ type }) => type },
            { title: t.event.try, cell: ({ try: nth }) => nth },
            {
              title: t.event.answer,
              cell: ({ delivered, status, error }) => (
                <>
                  <Badge tone={delivered ? "good" : "bad"}>
                    {delivered ? t.outcome.done : t.outcome.failed}
                  </Badge>{" "}
                  {status === 0 ? error : status}
                </>
              ),
              isWide: true,
            },
            { title: t.event.ms, cell: ({ ms }) => ms },
          ]}
        />
      )}
      <Pager of={t.event.deliveries} paging={paging} cursor={answer?.cursor} />
    </Card>
  );
}

/** Events on their way to the app's webhook: those that were given up, and the tries. */
export function EventsPage({ who }: { who: Session }) {
  const t = useTexts();
  return (
    <>
      <h1>{t.nav.events}</h1>
      <Dead who={who} />
      {may(who, "listDeliveries") && <Deliveries />}
    </>
  );
}
