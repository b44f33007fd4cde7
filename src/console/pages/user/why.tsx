import { useState } from "preact/hooks";
import type { Data, Input, Picture } from "../../api/types.ts";
import {
  Badge,
  Button,
  Card,
  ChoiceField,
  Form,
  Loading,
  TextField,
  Trouble,
  When,
  byClock,
} from "../../parts/basics.tsx";
import { useLoad } from "../../state/asking.ts";
import { language, useTexts } from "../../state/preferences.ts";
import { useStore } from "../../state/store.ts";
import { type Session, may } from "../../state/session.ts";

type Question = Input<"explainToken">;
type About = Question["for"];

const subjects: readonly About[] = ["call", "sign_in", "connect", "push"];

function Gates({ gates }: { gates: Data<"explainToken">["gates"] }) {
  const t = useTexts();
  const tongue = useStore(language);
  return (
    <ol class="gates">
      {gates.map((told) => {
        const { gate, passed, since, by, lifts_at } = told;
        const { fact, remedy } = t.told(told);
        return (
          <li key={gate} class={passed === false ? "stops" : ""}>
            <p>
              <Badge tone={passed === null ? "calm" : passed ? "good" : "bad"}>
                {passed === null ? t.why.notAsked : passed ? t.why.passes : t.why.stops}
              </Badge>{" "}
              <strong>{t.gates[gate] ?? gate}</strong>
            </p>
            <p class="hint">
              {byClock(fact, tongue)}
              {by !== null && ` · ${by}`}
              {since !== null && (
                <>
                  {` · ${t.why.since} `}
                  <When at={since} />
                </>
              )}
              {lifts_at !== null && (
                <>
                  {` · ${t.why.lifts} `}
                  <When at={lifts_at} />
                </>
              )}
            </p>
            {passed === false && remedy !== "" && <p>{remedy}</p>}
          </li>
        );
      })}
    </ol>
  );
}

/** What the service answers to a question of why; it is asked anew whenever `of` changes. */
export function Answered({
  question,
  of = "",
  isWhole = false,
}: {
  question: Question;
  of?: string;
  isWhole?: boolean;
}) {
  const t = useTexts();
  const { answer, trouble, reload } = useLoad("explainToken", question, { mark: of });
  if (!answer) return trouble ? <Trouble of={trouble} onRetry={reload} /> : <Loading />;
  const { verdict, code, reason, gates } = answer.data;
  const isThrough = verdict === "let_through";
  return (
    <div class="answered" aria-live="polite">
      <p class={isThrough ? "notice good" : "notice bad"}>
        <strong>{isThrough ? t.why.through : t.why.refused}</strong> {t.reasons[reason] ?? reason}{" "}
        {!isThrough && code !== 0 && <span class="code">{code}</span>}
      </p>
      <Gates gates={isWhole ? gates : gates.filter(({ passed }) => passed === false)} />
    </div>
  );
}

/** Asks why something of the user is let through or not. */
export function Why({ who, userId, devices }: { who: Session; userId: number; devices: Picture["devices"] }) {
  const t = useTexts();
  const [about, setAbout] = useState<About>("sign_in");
  const [device, setDevice] = useState("");
  const [address, setAddress] = useState("");
  const [at, setAt] = useState("");
  const [by, setBy] = useState("");
  const [asked, setAsked] = useState<{ question: Question; count: number }>();
  if (!may(who, "explainToken")) return null;
  const submit = () => {
    const instant = at === "" ? undefined : new Date(at).getTime();
    const given = by.trim();
    const isToken = given.startsWith("w");
    const question: Question = {
      for: about,
      ...(isToken ? { token: given } : { user_id: userId }),
      ...(given !== "" && !isToken && { request_id: given }),
      ...(device !== "" && { device_sn: Number(device) }),
      ...(address !== "" && { address: address.trim() }),
      ...(instant !== undefined && { at: instant }),
    };
    setAsked({ question, count: (asked?.count ?? 0) + 1 });
  };
  return (
    <Card title={t.why.title}>
      <Form look="inline" onSubmit={submit}>
        <ChoiceField
          label={t.why.about}
          value={about}
          onChoose={setAbout}
          choices={subjects.map((each) => [each, t.why.subjects[each]] as const)}
        />
        <ChoiceField
          label={t.session.device}
          value={device}
          onChoose={setDevice}
          choices={[
            ["", t.why.anyDevice],
            ...devices.map(({ device_sn }) => [String(device_sn), t.device.serial(device_sn)] as const),
          ]}
        />
        <TextField label={t.why.address} value={address} onInput={setAddress} most={64} />
        <TextField label={t.why.at} value={at} onInput={setAt} type="datetime-local" />
        <TextField label={t.why.by} hint={t.why.byHint} value={by} onInput={setBy} most={128} />
        <Button type="submit">{t.why.ask}</Button>
      </Form>
      {asked && <Answered key={asked.count} question={asked.question} isWhole />}
    </Card>
  );
}
