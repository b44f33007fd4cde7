import { useEffect, useRef } from "preact/hooks";
import type { Picture } from "../api/types.ts";
import { Badge, Button, Loading, type Tone, Trouble, When } from "../parts/basics.tsx";
import { useLoad } from "../state/asking.ts";
import { useTexts } from "../state/preferences.ts";
import { linkTo } from "../state/router.ts";
import { say } from "../state/said.ts";
import type { Session } from "../state/session.ts";
import { type Line, cursorBehind, useWatch } from "../state/watch.ts";
import { Acts } from "./user/acts.tsx";
import { Bans, Profile, Push } from "./user/facts.tsx";
import { Devices } from "./user/devices.tsx";
import { Results, useBook } from "./user/results.tsx";
import { Sessions } from "./user/sessions.tsx";
import { Timeline } from "./user/timeline.tsx";
import { Why } from "./user/why.tsx";

const tones: Record<Line, Tone> = {
  connecting: "wait",
  live: "good",
  lost: "wait",
  displaced: "wait",
  suspended: "bad",
  deleted: "bad",
};

/** Has screen readers hear which devices have come, gone or vanished. */
function useDeviceNews(picture: Picture | undefined): void {
  const t = useTexts();
  const known = useRef<Map<number, boolean>>(undefined);
  useEffect(() => {
    if (!picture) return;
    const before = known.current;
    const now = new Map(picture.devices.map(({ device_sn, online }) => [device_sn, online]));
    known.current = now;
    if (!before) return;
    const news = [
      ...[...now].flatMap(([sn, online]) =>
        before.get(sn) === online
          ? []
          : [online ? t.device.came(sn) : before.has(sn) ? t.device.went(sn) : ""],
      ),
      ...[...before.keys()].flatMap((sn) => (now.has(sn) ? [] : [t.device.vanished(sn)])),
    ].filter((text) => text !== "");
    if (news.length > 0) say(news.join(" "));
  }, [picture, t]);
}

function Head({ picture, line, again }: { picture: Picture; line: Line; again: () => void }) {
  const t = useTexts();
  const { profile, status, user_id, external_id, created_at, online } = picture;
  const { ban } = status;
  const isDisabled = status.status === 1;
  return (
    <header class="head">
      <div>
        <h1>{profile.nick_name || profile.username}</h1>
        <p class="facts">
          {profile.nick_name && <span>{profile.username}</span>}
          <span class="id">#{user_id}</span>
          {external_id !== null && <span class="id">{external_id}</span>}
          <span>
            {t.user.since} <When at={created_at} />
          </span>
        </p>
        <p class="facts" data-status={isDisabled ? "disabled" : "normal"}>
          <Badge tone={isDisabled ? "bad" : "good"}>{t.status[isDisabled ? 1 : 0]}</Badge>
          <Badge tone={online ? "good" : "calm"}>{online ? t.device.online : t.device.offline}</Badge>
          <Badge tone={tones[line]}>{t.line[line]}</Badge>
          {(line === "displaced" || line === "lost") && (
            <Button look="quiet" onPress={again}>
              {t.line.again}
            </Button>
          )}
        </p>
        {isDisabled && ban && (
          <p class="notice bad">
            {ban.until === null ? (
              t.ban.forever
            ) : (
              <>
                {t.ban.until} <When at={ban.until} />
              </>
            )}
            {ban.reason !== "" && ` · ${ban.reason}`}
            {` · ${ban.banned_by}`}
          </p>
        )}
      </div>
    </header>
  );
}

/** All of a user, as it is now: what changes is seen as it happens. */
export function UserPage({ id, who }: { id: number; who: Session }) {
  const t = useTexts();
  const read = useLoad("readPicture", { limit: 50 }, { user: id });
  const watched = useWatch(who, id);
  const book = useBook();
  const picture = watched.picture ?? read.answer?.data;
  useDeviceNews(watched.picture);
  if (!picture)
    return read.trouble ? (
      <>
        <h1>{t.user.title(id)}</h1>
        <Trouble of={read.trouble} onRetry={read.reload} />
      </>
    ) : (
      <Loading />
    );
  const ended = watched.picture ? watched.ended : (read.answer?.sessions_ended ?? []);
  return (
    <article>
      <p>
        <a href={linkTo("")}>← {t.nav.users}</a>
      </p>
      <Head picture={picture} line={watched.line} again={watched.again} />
      {watched.line === "deleted" ? (
        <p class="notice bad" role="alert">
          {t.user.deleted}
        </p>
      ) : (
        <Acts picture={picture} who={who} book={book} />
      )}
      <Results of={book} />
      <div class="columns">
        <div class="column">
          <Devices picture={picture} who={who} book={book} />
          <Profile picture={picture} />
          <Push picture={picture} who={who} />
        </div>
        <div class="column">
          <Sessions
            sessions={picture.sessions}
            ended={ended}
            userId={id}
            cursor={cursorBehind(ended) ?? read.answer?.cursor}
          />
          <Bans bans={picture.bans} />
          <Why who={who} userId={id} devices={picture.devices} />
        </div>
      </div>
      <Timeline userId={id} />
    </article>
  );
}
