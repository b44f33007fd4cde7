import { useState } from "preact/hooks";
import type { EndedSession, Picture } from "../../api/types.ts";
import { Button, Card, Loading, Trouble, When } from "../../parts/basics.tsx";
import { Pager, usePaging } from "../../parts/pager.tsx";
import { Table } from "../../parts/table.tsx";
import { useLoad } from "../../state/asking.ts";
import { useTexts } from "../../state/preferences.ts";

/** How many living sessions are shown before one asks for all. */
const FIRST = 10;

function Ended({ sessions }: { sessions: readonly EndedSession[] }) {
  const t = useTexts();
  return (
    <Table
      label={t.session.ended}
      rows={sessions}
      keyOf={({ id }) => id}
      columns={[
        { title: t.session.at, cell: ({ at }) => <When at={at} /> },
        {
          title: t.session.why,
          cell: ({ event, reason }) => [t.ends[event] ?? event, reason].filter(Boolean).join(": "),
        },
        { title: t.session.by, cell: ({ by }) => by },
        {
          title: t.session.device,
          cell: ({ device_sn }) => (device_sn === null ? "—" : t.device.serial(device_sn)),
        },
      ]}
    />
  );
}

/** The user's sessions: those that live, and those that have ended, with who ended them and why. */
export function Sessions({
  sessions,
  ended,
  userId,
  cursor,
}: {
  sessions: Picture["sessions"];
  ended: readonly EndedSession[];
  userId: number;
  cursor: string | undefined;
}) {
  const t = useTexts();
  const [isWhole, setWhole] = useState(false);
  const paging = usePaging(String(userId));
  const older = useLoad(
    "readPicture",
    paging.cursor === undefined ? undefined : { limit: 50, cursor: paging.cursor },
    { user: userId },
  );
  const shown = isWhole ? sessions : sessions.slice(0, FIRST);
  const first = new Set(ended.map(({ id }) => id));
  const page = paging.isFirst ? ended : older.answer?.sessions_ended.filter(({ id }) => !first.has(id));
  return (
    <Card title={t.session.title} aside={<span class="hint">{t.session.count(sessions.length)}</span>}>
      {sessions.length === 0 ? (
        <p class="empty">{t.session.none}</p>
      ) : (
        <Table
          label={t.session.alive}
          rows={shown}
          keyOf={({ id }) => id}
          columns={[
            {
              title: t.session.device,
              cell: ({ device_sn }) => (device_sn === null ? "—" : t.device.serial(device_sn)),
            },
            { title: t.session.since, cell: ({ signed_in_at }) => <When at={signed_in_at} /> },
            { title: t.session.expires, cell: ({ expires_at }) => <When at={expires_at} /> },
            {
              title: t.session.from,
              cell: ({ address, user_agent }) => [address, user_agent].filter(Boolean).join(" · ") || "—",
              isWide: true,
            },
          ]}
        />
      )}
      {sessions.length > shown.length && (
        <Button look="quiet" onPress={() => setWhole(true)}>
          {t.common.showAll(sessions.length)}
        </Button>
      )}
      <h3>{t.session.ended}</h3>
      {older.trouble && <Trouble of={older.trouble} onRetry={older.reload} />}
      {!page && !older.trouble && <Loading />}
      {page?.length === 0 && <p class="empty">{t.session.noneEnded}</p>}
      {page && page.length > 0 && <Ended sessions={page} />}
      <Pager of={t.session.ended} paging={paging} cursor={paging.isFirst ? cursor : older.answer?.cursor} />
    </Card>
  );
}
