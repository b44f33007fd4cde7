import { useRef, useState } from "preact/hooks";
import type { Data } from "../api/types.ts";
import { Badge, Button, Card, ChoiceField, Form, Loading, TextField, Trouble } from "../parts/basics.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { useAct, useLoad } from "../state/asking.ts";
import { useTexts } from "../state/preferences.ts";
import { rootKey } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { AppTokens } from "./apps/tokens.tsx";

type AppRow = Data<"listApps">[number];

/** Asks for the root key, which is kept until the page is loaded anew. */
function KeyForm() {
  const t = useTexts();
  const [key, setKey] = useState("");
  return (
    <Card title={t.apps.key}>
      <Form look="inline" onSubmit={() => rootKey.set(key.trim())}>
        <TextField
          label={t.apps.key}
          hint={t.apps.keyHint}
          type="password"
          value={key}
          onInput={setKey}
          isRequired
        />
        <Button type="submit" look="main">
          {t.apps.unlock}
        </Button>
      </Form>
    </Card>
  );
}

function AppSettings({ app, onChanged }: { app: AppRow; onChanged: () => void }) {
  const t = useTexts();
  // What was not changed here is not sent, whatever has changed elsewhere meanwhile.
  const [before, setBefore] = useState(app);
  const sent = useRef(app);
  const [name, setName] = useState(app.name);
  const [registration, setRegistration] = useState(app.registration);
  const [status, setStatus] = useState(String(app.status));
  const [webhook, setWebhook] = useState(app.webhook_url);
  const change = useAct("setApp", () => {
    setBefore(sent.current);
    onChanged();
  });
  const submit = () => {
    if (change.isUnderWay) return;
    const changed = {
      ...(name !== before.name && { name }),
      ...(registration !== before.registration && { registration }),
      ...(Number(status) !== before.status && { status: Number(status) }),
      ...(webhook !== before.webhook_url && { webhook_url: webhook }),
    };
    if (Object.keys(changed).length === 0) return;
    sent.current = { ...before, ...changed };
    void change.run(changed, { app: app.app_id });
  };
  const { outcome } = change;
  return (
    <Form look="inline" onSubmit={submit}>
      <TextField label={t.apps.name} value={name} onInput={setName} most={64} />
      <ChoiceField
        label={t.home.status}
        value={status}
        onChoose={setStatus}
        choices={[
          ["0", t.apps.statuses[0]],
          ["1", t.apps.statuses[1]],
        ]}
      />
      <ChoiceField
        label={t.apps.registration}
        value={registration}
        onChoose={setRegistration}
        choices={[
          ["open", t.apps.open],
          ["closed", t.apps.closed],
        ]}
      />
      <TextField label={t.apps.webhook} value={webhook} onInput={setWebhook} most={2048} />
      <Button type="submit" isBusy={change.isUnderWay}>
        {t.common.save}
      </Button>
      {outcome && outcome.kind !== "done" && <Trouble of={outcome} onRetry={change.retry} />}
      {outcome?.kind === "done" && <p role="status">{t.outcome.done}</p>}
    </Form>
  );
}

function NewApp({ onMade }: { onMade: () => void }) {
  const t = useTexts();
  const [isAsking, setAsking] = useState(false);
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const make = useAct("createApp", () => {
    setAsking(false);
    onMade();
  });
  return (
    <>
      <Button onPress={() => setAsking(true)}>{t.apps.make}</Button>
      {isAsking && (
        <Dialog
          title={t.apps.make}
          submit={t.apps.make}
          isBusy={make.isUnderWay}
          onClose={() => setAsking(false)}
          onSubmit={() => void make.run({ app_id: id.trim(), name })}
        >
          <TextField
            label={t.signIn.app}
            hint={t.apps.idHint}
            value={id}
            onInput={setId}
            isRequired
            most={64}
            focus
          />
          <TextField label={t.apps.name} value={name} onInput={setName} most={64} />
          {make.outcome && make.outcome.kind !== "done" && <Trouble of={make.outcome} onRetry={make.retry} />}
        </Dialog>
      )}
    </>
  );
}

function Apps() {
  const t = useTexts();
  const { answer, trouble, reload } = useLoad("listApps", {});
  const [open, setOpen] = useState("");
  if (!answer)
    return trouble ? (
      <>
        <Trouble of={trouble} onRetry={reload} />
        <Button onPress={() => rootKey.set("")}>{t.apps.lock}</Button>
      </>
    ) : (
      <Loading />
    );
  return (
    <Card
      title={t.nav.apps}
      aside={
        <>
          <NewApp onMade={reload} />
          <Button look="quiet" onPress={() => rootKey.set("")}>
            {t.apps.lock}
          </Button>
        </>
      }
    >
      {trouble && <Trouble of={trouble} onRetry={reload} />}
      <ul class="apps">
        {answer.data.map((app) => (
          <li key={app.app_id}>
            <button
              type="button"
              class="button quiet app"
              data-row
              aria-expanded={open === app.app_id}
              onClick={() => setOpen(open === app.app_id ? "" : app.app_id)}
            >
              <strong>{app.app_id}</strong> {app.name}
              <Badge tone={app.status === 1 ? "bad" : "good"}>
                {t.apps.statuses[app.status === 1 ? 1 : 0]}
              </Badge>
            </button>
            {open === app.app_id && (
              <div class="inside">
                <AppSettings app={app} onChanged={reload} />
                <AppTokens app={app.app_id} />
              </div>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** The apps and their admin tokens, for who has the root key. */
export function AppsPage() {
  const t = useTexts();
  const key = useStore(rootKey);
  return (
    <>
      <h1>{t.nav.apps}</h1>
      {key === "" ? <KeyForm /> : <Apps key={key} />}
    </>
  );
}
