import type { ComponentChildren } from "preact";
import { useEffect, useErrorBoundary, useRef, useState } from "preact/hooks";
import { ChoiceField, Button } from "./parts/basics.tsx";
import { AppsPage } from "./pages/apps.tsx";
import { AuditPage } from "./pages/audit.tsx";
import { BansPage } from "./pages/bans.tsx";
import { EventsPage } from "./pages/events.tsx";
import { HomePage } from "./pages/home.tsx";
import { ImportPage } from "./pages/import.tsx";
import { ManyPage } from "./pages/many.tsx";
import { SignInPage } from "./pages/sign-in.tsx";
import { UserPage } from "./pages/user.tsx";
import { Dialog } from "./parts/dialog.tsx";
import { focusFind } from "./parts/keys.ts";
import { isId } from "./state/ids.ts";
import { atWork } from "./state/long-run.ts";
import { type Language, type Theme, language, theme, themes, useTexts } from "./state/preferences.ts";
import { linkTo, place } from "./state/router.ts";
import { said } from "./state/said.ts";
import { type Session, end, may, session } from "./state/session.ts";
import { useStore } from "./state/store.ts";

const tongues: readonly (readonly [Language, string])[] = [
  ["en", "English"],
  ["zh", "中文"],
];

/** The language and the colours, which whoever looks chooses. */
function Preferences() {
  const t = useTexts();
  const chosen = useStore(language);
  const colours = useStore(theme);
  const names: readonly (readonly [Theme, string])[] = themes.map((each) => [each, t.themes[each]]);
  return (
    <div class="preferences">
      <ChoiceField
        label={t.preferences.language}
        value={chosen}
        onChoose={(value) => language.set(value)}
        choices={tongues}
      />
      <ChoiceField
        label={t.preferences.theme}
        value={colours}
        onChoose={(value) => theme.set(value)}
        choices={names}
      />
    </div>
  );
}

/** The pages, and which of them whoever is signed in may use. */
function pagesOf(who: Session) {
  const all = [
    ["", true],
    ["many", may(who, "disableUsers") || may(who, "kick")],
    ["bans", may(who, "listBans")],
    ["audit", may(who, "listAudit")],
    ["events", may(who, "listDeadEvents")],
    ["import", may(who, "importUsers")],
    ["apps", true],
  ] as const;
  return all.flatMap(([name, isOpen]) => (isOpen ? [name] : []));
}

function Navigation({ who, here }: { who: Session; here: string }) {
  const t = useTexts();
  return (
    <nav class="pages" aria-label={t.nav.label}>
      {pagesOf(who).map((name) => (
        <a key={name} href={linkTo(name)} aria-current={here === name ? "page" : undefined}>
          {name === "" ? t.nav.users : t.nav[name]}
        </a>
      ))}
    </nav>
  );
}

/** A page; where it cannot be drawn, that is said in its place, and the rest of the console stays. */
function Page({ path, who }: { path: readonly string[]; who: Session }) {
  const t = useTexts();
  const [fault, again] = useErrorBoundary();
  if (fault === undefined) return pageOf(path, who);
  return (
    <div class="notice bad" role="alert">
      <p>{t.common.notDrawn}</p>
      <Button look="quiet" onPress={again}>
        {t.common.again}
      </Button>
    </div>
  );
}

function pageOf(path: readonly string[], who: Session): ComponentChildren {
  const [name = "", id = ""] = path;
  if (name === "user" && isId(id)) return <UserPage key={id} id={Number(id)} who={who} />;
  if (name === "many") return <ManyPage who={who} />;
  if (name === "bans") return <BansPage />;
  if (name === "audit") return <AuditPage />;
  if (name === "events") return <EventsPage who={who} />;
  if (name === "import") return <ImportPage who={who} />;
  if (name === "apps") return <AppsPage />;
  return <HomePage who={who} />;
}

/** Ends the session; who has something at work is asked before. */
function SignOut() {
  const t = useTexts();
  const runs = useStore(atWork);
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button look="quiet" onPress={() => (runs > 0 ? setAsking(true) : end("out"))}>
        {t.nav.signOut}
      </Button>
      {isAsking && (
        <Dialog
          title={t.nav.signOut}
          submit={t.nav.signOut}
          look="danger"
          onClose={() => setAsking(false)}
          onSubmit={() => end("out")}
        >
          <p>{t.nav.stops}</p>
        </Dialog>
      )}
    </>
  );
}

/** What screen readers are told of. */
function Voice() {
  const { text, count } = useStore(said);
  return (
    <div class="unseen" role="status" aria-live="polite">
      <span key={count}>{text}</span>
    </div>
  );
}

/** The console: who is not signed in sees the sign-in, and nothing else. */
export function App() {
  const t = useTexts();
  const who = useStore(session);
  const { path } = useStore(place);
  const main = useRef<HTMLElement>(null);
  const where = path.join("/");
  const first = useRef(where);
  useEffect(() => {
    document.title = t.title(who?.app);
    if (first.current === where) return;
    first.current = where;
    // A new page is read from its beginning; the first screen begins with its field.
    if (where === "") focusFind();
    else main.current?.focus();
    scrollTo(0, 0);
  }, [where, t, who]);
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {t.nav.skip}
      </a>
      <header class="top">
        <a class="brand" href={linkTo("")}>
          <img src="/console/mark.svg" alt="" width="28" height="28" />
          <span>Warbler</span>
        </a>
        {who && (
          <p class="who">
            <strong>{who.app}</strong> · {who.name} · {t.roles[who.role] ?? who.role}
          </p>
        )}
        <Preferences />
        {who && <SignOut />}
      </header>
      {who && <Navigation who={who} here={path[0] === "user" ? "" : (path[0] ?? "")} />}
      <main ref={main} id="main" tabIndex={-1}>
        {who ? <Page key={where} path={path} who={who} /> : <SignInPage />}
      </main>
      <Voice />
    </>
  );
}
