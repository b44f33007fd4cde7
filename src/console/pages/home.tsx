import { useEffect, useRef, useState } from "preact/hooks";
import { type Found as FoundUsers, useFind } from "../state/find.ts";
import { Badge, Card, ChoiceField, Loading, Reading, Trouble, When } from "../parts/basics.tsx";
import { Pager, usePaging } from "../parts/pager.tsx";
import { useLoad } from "../state/asking.ts";
import { useTexts } from "../state/preferences.ts";
import { go, linkTo } from "../state/router.ts";
import { type Session, may } from "../state/session.ts";
import { Answered } from "./user/why.tsx";

/** How often the figures are read anew (ms), while the page is looked at. */
const FIGURES = 15_000;

/** A figure of the app. */
function Figure({
  name,
  value,
  hint,
  isBad = false,
  to,
}: {
  name: string;
  value: string;
  hint?: string | undefined;
  isBad?: boolean;
  to?: string;
}) {
  return (
    <div class={isBad ? "figure bad" : "figure"}>
      <dt>{name}</dt>
      <dd>{to === undefined ? value : <a href={to}>{value}</a>}</dd>
      {hint !== undefined && <dd class="hint">{hint}</dd>}
    </div>
  );
}

/** How many users are connected: about, from those who were asked; the longer one looks, the more they are. */
function Connected({ users }: { users: number }) {
  const t = useTexts();
  const { answer } = useLoad("sampleConnected", {}, { every: FIGURES });
  const [sum, setSum] = useState({ asked: 0, connected: 0 });
  useEffect(() => {
    if (!answer) return;
    const { asked, connected } = answer.data;
    setSum((before) =>
      asked >= users
        ? { asked, connected }
        : { asked: before.asked + asked, connected: before.connected + connected },
    );
  }, [answer]);
  const { asked, connected } = sum;
  if (asked === 0) return <Figure name={t.home.connected} value="…" />;
  const isExact = asked >= users;
  const about = isExact ? connected : Math.round((users * connected) / asked);
  return (
    <Figure
      name={t.home.connected}
      value={isExact ? t.number(about) : t.home.about(about)}
      hint={isExact ? undefined : t.home.sampled(connected, asked)}
    />
  );
}

/** How the app is. */
function Figures() {
  const t = useTexts();
  const { answer, trouble, reload } = useLoad("overview", {}, { every: FIGURES });
  if (!answer) return trouble ? <Trouble of={trouble} onRetry={reload} /> : <Loading />;
  const { users, disabled, owed, owed_since, events_waiting, events_dead, push_feedback } = answer.data;
  const isReported = Object.values(push_feedback).some((count) => count > 0);
  return (
    <>
      <dl class="figures">
        <Figure name={t.home.users} value={t.number(users)} />
        <Connected users={users} />
        <Figure name={t.home.disabled} value={t.number(disabled)} to={linkTo("bans")} />
        <Figure name={t.home.owed} value={t.upTo(owed)} isBad={owed > 0} />
        <Figure name={t.home.waiting} value={t.upTo(events_waiting)} />
        <Figure
          name={t.home.dead}
          value={t.upTo(events_dead)}
          isBad={events_dead > 0}
          to={linkTo("events")}
        />
      </dl>
      {owed_since !== null && (
        <p class="hint">
          {t.home.owedSince} <When at={owed_since} />
        </p>
      )}
      {isReported && <p class="hint">{t.home.pushes(push_feedback)}</p>}
      {trouble && <Trouble of={trouble} onRetry={reload} />}
    </>
  );
}

/** A user in a list: the whole row is the way to the user's page. */
function UserRow({
  user,
  children,
}: {
  user: { user_id: number; username: string; status: number };
  children?: preact.ComponentChildren;
}) {
  const t = useTexts();
  return (
    <li>
      <a data-row href={linkTo(`user/${user.user_id}`)}>
        <span class="name">{user.username}</span>
        <span class="id">#{user.user_id}</span>
        {children}
        <Badge tone={user.status === 1 ? "bad" : "calm"}>{t.status[user.status === 1 ? 1 : 0]}</Badge>
      </a>
    </li>
  );
}

function Found({
  of: { of, found, requestedAt, trouble, isLoading, reload },
  who,
}: {
  of: FoundUsers;
  who: Session;
}) {
  const t = useTexts();
  const isOfToken = found.some(({ matched_by }) => matched_by === "token");
  return (
    <>
      <Card title={t.home.found}>
        {trouble && <Trouble of={trouble} onRetry={reload} />}
        {isLoading && found.length === 0 && <Loading />}
        {!isLoading && !trouble && found.length === 0 && <p class="empty">{t.home.nobody}</p>}
        {requestedAt !== undefined && (
          <p class="hint">
            {t.home.requested} <When at={requestedAt} />. {found.length === 0 && t.home.noRecord}
          </p>
        )}
        <ul class="rows">
          {found.map((user) => (
            <UserRow key={user.user_id} user={user}>
              <span class="detail">
                {[user.nick_name, user.mobile, user.email].filter(Boolean).join(" · ")}
              </span>
              <span class="hint">{t.matched[user.matched_by] ?? user.matched_by}</span>
            </UserRow>
          ))}
        </ul>
      </Card>
      {isOfToken && !isLoading && may(who, "explainToken") && (
        <Card title={t.home.whyToken}>
          <Answered question={{ for: "call", token: of }} isWhole />
        </Card>
      )}
    </>
  );
}

function Everybody() {
  const t = useTexts();
  const [status, setStatus] = useState<"" | "0" | "1">("");
  const paging = usePaging(status);
  const input = { page_size: 50, cursor: paging.cursor, status: status === "" ? undefined : Number(status) };
  const loaded = useLoad("listUsers", input);
  const { answer } = loaded;
  return (
    <Card
      title={t.home.everybody}
      aside={
        <ChoiceField
          label={t.home.status}
          value={status}
          onChoose={setStatus}
          choices={[
            ["", t.common.all],
            ["0", t.status[0]],
            ["1", t.status[1]],
          ]}
        />
      }
    >
      <Reading of={loaded} />
      {answer && answer.data.length === 0 && answer.cursor === undefined && (
        <p class="empty">{t.home.noUsers}</p>
      )}
      <ul class="rows">
        {answer?.data.map((user) => (
          <UserRow key={user.user_id} user={user} />
        ))}
      </ul>
      <Pager of={t.home.everybody} paging={paging} cursor={answer?.cursor} />
    </Card>
  );
}

/** Opens the only one of the rows there are; of many it focuses the first. */
function openRow(isAsked: boolean): void {
  const [only, ...others] = document.querySelectorAll<HTMLElement>("main [data-row]");
  const to = isAsked && others.length === 0 ? only?.getAttribute("href") : undefined;
  if (to) go(to.replace(/^#\//, ""));
  else only?.focus();
}

/** The first screen: one field that finds, who there is, and how the app is. */
export function HomePage({ who }: { who: Session }) {
  const t = useTexts();
  const [query, setQuery] = useState("");
  const asked = query.trim();
  const isAsked = asked !== "";
  const users = useFind(asked, who.scopes.includes("read"));
  /** For what Enter was pressed before its answer was there. */
  const entered = useRef("");
  useEffect(() => {
    if (entered.current === "" || entered.current !== users.of) return;
    entered.current = "";
    openRow(true);
  }, [users.of]);
  return (
    <>
      <h1 class="unseen">{t.nav.users}</h1>
      <form
        class="find"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          if (isAsked && users.of !== asked) entered.current = asked;
          else openRow(isAsked);
        }}
      >
        <label for="find">{t.home.find}</label>
        <input
          id="find"
          type="search"
          autoComplete="off"
          spellcheck={false}
          autofocus
          value={query}
          placeholder={t.home.findHint}
          aria-describedby="find-keys"
          maxLength={256}
          onInput={(event) => {
            entered.current = "";
            setQuery(event.currentTarget.value);
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") setQuery("");
          }}
        />
        <p class="hint" id="find-keys">
          {t.home.keys}
        </p>
      </form>
      {isAsked ? (
        <Found of={users} who={who} />
      ) : (
        <>
          <Card title={t.home.app}>
            <Figures />
          </Card>
          <Everybody />
        </>
      )}
    </>
  );
}
