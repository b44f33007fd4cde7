import { useState } from "preact/hooks";
import { Button, Card, Form, NoId, TextField } from "../parts/basics.tsx";
import { Records } from "../parts/records.tsx";
import { idIn, isNoId } from "../state/ids.ts";
import { useTexts } from "../state/preferences.ts";

const instantOf = (text: string) => (text === "" ? undefined : new Date(text).getTime());
const textOf = (text: string) => (text.trim() === "" ? undefined : text.trim());

/** Who did what for whom, by filters. */
export function AuditPage() {
  const t = useTexts();
  const [user, setUser] = useState("");
  const [caller, setCaller] = useState("");
  const [operation, setOperation] = useState("");
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [filter, setFilter] = useState<Parameters<typeof Records>[0]["filter"]>({});
  const submit = () => {
    if (isNoId(user)) return;
    setFilter({
      user_id: idIn(user),
      caller: textOf(caller),
      operation: textOf(operation),
      since: instantOf(since),
      until: instantOf(until),
    });
  };
  return (
    <>
      <h1>{t.nav.audit}</h1>
      <Card title={t.record.filter}>
        <Form look="inline" onSubmit={submit}>
          <TextField label={t.record.user} value={user} onInput={setUser} most={24} />
          <TextField
            label={t.record.caller}
            hint={t.record.callerHint}
            value={caller}
            onInput={setCaller}
            most={80}
          />
          <TextField
            label={t.record.operation}
            hint={t.record.operationHint}
            value={operation}
            onInput={setOperation}
            most={64}
          />
          <TextField label={t.record.since} value={since} onInput={setSince} type="datetime-local" />
          <TextField label={t.record.until} value={until} onInput={setUntil} type="datetime-local" />
          {isNoId(user) && <NoId text={user} />}
          <Button type="submit" look="main">
            {t.record.show}
          </Button>
        </Form>
      </Card>
      <Card title={t.record.title} wide>
        <Records filter={filter} />
      </Card>
    </>
  );
}
