import { useState } from "preact/hooks";
import { Card, NoId, Reading, TextField, When } from "../parts/basics.tsx";
import { Pager, usePaging } from "../parts/pager.tsx";
import { banEnd } from "../parts/ban-end.tsx";
import { Table } from "../parts/table.tsx";
import { useLoad } from "../state/asking.ts";
import { idIn, isNoId } from "../state/ids.ts";
import { useTexts } from "../state/preferences.ts";
import { linkTo } from "../state/router.ts";

/** The bans there were and are, the newest first. */
export function BansPage() {
  const t = useTexts();
  const [user, setUser] = useState("");
  const user_id = idIn(user);
  const paging = usePaging(String(user_id));
  const input = { limit: 50, cursor: paging.cursor, user_id };
  const loaded = useLoad("listBans", isNoId(user) ? undefined : input);
  const { answer } = loaded;
  return (
    <>
      <h1>{t.nav.bans}</h1>
      <Card
        title={t.ban.all}
        aside={<TextField label={t.record.user} value={user} onInput={setUser} most={24} />}
      >
        {isNoId(user) && <NoId text={user} />}
        <Reading of={loaded} />
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
              ...banEnd(t),
            ]}
          />
        )}
        <Pager of={t.ban.all} paging={paging} cursor={answer?.cursor} />
      </Card>
    </>
  );
}
