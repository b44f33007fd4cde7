import type { Picture } from "../../api/types.ts";
import { Card, When } from "../../parts/basics.tsx";
import { banEnd } from "../../parts/ban-end.tsx";
import { Table } from "../../parts/table.tsx";
import { useTexts } from "../../state/preferences.ts";
import { linkTo } from "../../state/router.ts";
import { type Session, may } from "../../state/session.ts";
import { Answered } from "./why.tsx";

function Fact({ name, children }: { name: string; children?: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children === "" || children === undefined ? "—" : children}</dd>
    </div>
  );
}

/** Who the user is. */
export function Profile({ picture }: { picture: Picture }) {
  const t = useTexts();
  const { profile, owed } = picture;
  return (
    <Card title={t.profile.title}>
      <dl class="list">
        <Fact name={t.profile.username}>{profile.username}</Fact>
        <Fact name={t.profile.nick_name}>{profile.nick_name}</Fact>
        <Fact name={t.profile.mobile}>{profile.mobile}</Fact>
        <Fact name={t.profile.email}>{profile.email}</Fact>
        <Fact name={t.profile.description}>{profile.description}</Fact>
        <Fact name={t.profile.owed}>
          {owed.length === 0
            ? t.profile.nothingOwed
            : owed.map(({ epoch, kind, since }) => (
                <span key={epoch} class="line">
                  {kind} · <When at={since} />
                </span>
              ))}
        </Fact>
      </dl>
    </Card>
  );
}

/** What push does for the user now, and why; and what it goes by. */
export function Push({ picture, who }: { picture: Picture; who: Session }) {
  const t = useTexts();
  const { push, settings, user_id } = picture;
  const { bindings, settings_token: loose, snooze_until } = push;
  return (
    <Card title={t.push.title}>
      {may(who, "explainToken") && <Answered question={{ for: "push", user_id }} of={JSON.stringify(push)} />}
      <dl class="list">
        <Fact name={t.push.off}>{push.no_push ? t.common.yes : t.common.no}</Fact>
        <Fact name={t.push.zone}>{push.time_zone}</Fact>
        <Fact name={t.push.snooze}>{snooze_until > Date.now() ? <When at={snooze_until} /> : ""}</Fact>
        <Fact name={t.push.badge}>{settings.badge}</Fact>
        <Fact name={t.push.tags}>{push.tags.join(", ")}</Fact>
        <Fact name={t.push.alias}>{settings.alias}</Fact>
      </dl>
      {bindings.length === 0 && loose === null && <p class="empty">{t.push.none}</p>}
      {(bindings.length > 0 || loose !== null) && (
        <Table
          label={t.push.tokens}
          rows={[
            ...bindings,
            ...(loose === null
              ? []
              : [{ ...loose, device_sn: 0, notifier_name: "", device_token: loose.push_token }]),
          ]}
          keyOf={({ binding_id }) => binding_id}
          columns={[
            {
              title: t.session.device,
              cell: ({ device_sn }) => (device_sn === 0 ? t.push.ofSettings : t.device.serial(device_sn)),
            },
            { title: t.push.notifier, cell: ({ notifier_name }) => notifier_name || "—" },
            { title: t.push.token, cell: ({ device_token }) => <span class="code">{device_token}</span> },
            {
              title: t.push.held,
              cell: ({ held_until }) => (held_until === null ? t.common.no : <When at={held_until} />),
            },
          ]}
        />
      )}
    </Card>
  );
}

/** The user's bans so far. */
export function Bans({ bans }: { bans: Picture["bans"] }) {
  const t = useTexts();
  return (
    <Card title={t.ban.title} aside={<a href={linkTo("bans")}>{t.nav.bans}</a>}>
      {bans.length === 0 ? (
        <p class="empty">{t.ban.none}</p>
      ) : (
        <Table
          label={t.ban.title}
          rows={bans}
          keyOf={({ id }) => id}
          columns={[
            {
              title: t.ban.since,
              cell: ({ banned_at, banned_by }) => (
                <>
                  <When at={banned_at} /> · {banned_by}
                </>
              ),
            },
            {
              title: t.ban.reason,
              cell: ({ reason, note }) => [reason, note && `(${note})`].filter(Boolean).join(" ") || "—",
              isWide: true,
            },
            ...banEnd(t),
          ]}
        />
      )}
    </Card>
  );
}
