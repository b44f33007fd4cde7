import { useState } from "preact/hooks";
import { type Outcome, send } from "../api/client.ts";
import { Button, Form, TextField, Trouble } from "../parts/basics.tsx";
import { useTexts } from "../state/preferences.ts";
import { begin, ending } from "../state/session.ts";
import { useStore } from "../state/store.ts";

/** Signs in with an admin token, which the service is asked about first. */
export function SignInPage() {
  const t = useTexts();
  const why = useStore(ending);
  const [app, setApp] = useState("");
  const [token, setToken] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Exclude<Outcome<unknown>, { kind: "done" }>>();
  const submit = async () => {
    if (isBusy) return;
    setBusy(true);
    setTrouble(undefined);
    const credentials = { app: app.trim(), token: token.trim() };
    const outcome = await send(credentials, "overview", {});
    setBusy(false);
    if (outcome.kind !== "done") return setTrouble(outcome);
    const { name, role, scopes } = outcome.answer.data.token;
    begin({ ...credentials, name, role, scopes });
  };
  return (
    <div class="sign-in">
      <Form look="card" onSubmit={() => void submit()}>
        <h1>{t.signIn.title}</h1>
        <p class="hint">{t.signIn.hint}</p>
        {why === "dead" && (
          <p class="notice wait" role="alert">
            {t.signIn.dead}
          </p>
        )}
        <TextField label={t.signIn.app} value={app} onInput={setApp} isRequired focus most={64} />
        <TextField
          label={t.signIn.token}
          hint={t.signIn.tokenHint}
          type="password"
          value={token}
          onInput={setToken}
          isRequired
          most={256}
        />
        {trouble && <Trouble of={trouble} />}
        <Button type="submit" look="main" isBusy={isBusy}>
          {isBusy ? t.signIn.busy : t.signIn.submit}
        </Button>
      </Form>
    </div>
  );
}
