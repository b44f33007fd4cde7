import { useState } from "preact/hooks";
import { Badge, Card, Loading, TextField, Trouble, When } from "../parts/basics.tsx";
import { Pager, usePaging } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import { useLoad } from "../state/asking.ts";
import { useTexts } from "../state/preferences.ts";
import { linkTo } from "../state/router.ts";

/** The bans there were and are, the newest first. */
export function BansPage() {
  const t = useTexts();
  const [user, setUser] = useState("");
  const user_id = /^[1-9][0-9]{0,15}$/.test(user) ? Number(user) : undefined;
  const paging = usePaging(String(user_id));
  const { answer, trouble, isLoading, reload } = useLoad("listBans", {
    limit: 50,
    cursor: paging.cursor,
    user_id,
  });
  return (
    <>
      <h1>{t.nav.bans}</h1>
      <Card
        title={t.ban.all}
        aside={<TextField label={t.record.user} value={user} onInput={setUser} most={16} />}
      >
        {trouble && <Trouble of={trouble} onRetry={reload} />}
        {isLoading && !answer && <Loading />}
        {answer?.data.length === 0 && <p class="empty">{t.ban.none}</p>}
        {answer && answer.data.length > 0 && (
          <Table
            label={t.ban.all}
            rows={answer.data}
            keyOf={({ id }) => id}
            columns={[
              {
                title: t.record.user,
                cell: ({ user_id }) => (
                  <a data-row href={linkTo(`user/${user_id}`)}>
                    #{user_id}
                  </a>
                ),
              },
              { title: t.ban.since, cell: ({ banned_at }) => <When at={banned_at} /> },
              { title: t.session.by, cell: ({ banned_by }) => banned_by },
              { title: t.ban.reason, cell: ({ reason }) => reason || "—", isWide: true },
              { title: t.ban.note, cell: ({ note }) => note || "—", isWide: true },
              {
                title: t.ban.until,
                cell: ({ until }) => (until === null ? t.ban.forever : <When at={until} />),
              },
              {
                title: t.ban.lifted,
                cell: ({ lifted_at, lifted_by }) =>
                  lifted_at === null ? (
                    <Badge tone="bad">{t.ban.inForce}</Badge>
                  ) : (
                    <>
                      <When at={lifted_at} /> · {lifted_by}
                    </>
                  ),
              },
            ]}
          />
        )}
        <Pager paging={paging} cursor={answer?.cursor} />
      </Card>
    </>
  );
}
