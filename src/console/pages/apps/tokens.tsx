import { useState } from "preact/hooks";
import type { Data, Role } from "../../api/types.ts";
import { Badge, Button, ChoiceField, Form, Loading, TextField, Trouble, When } from "../../parts/basics.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Table } from "../../parts/table.tsx";
import { useAct, useLoad } from "../../state/asking.ts";
import { useTexts } from "../../state/preferences.ts";
import { say } from "../../state/said.ts";

type TokenRow = Data<"listAdminTokens">[number];

const roleNames: readonly Role[] = ["viewer", "support", "moderator", "push", "operator", "owner"];

/** Makes a token. What it is goes to the clipboard and is shown nowhere. */
function NewToken({ app, onMade }: { app: string; onMade: () => void }) {
  const t = useTexts();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("support");
  const [expire, setExpire] = useState("");
  const [made, setMade] = useState<{ name: string; token: string }>();
  const [copied, setCopied] = useState<boolean>();
  const make = useAct("createAdminToken", ({ data }) => {
    setMade(data);
    setCopied(undefined);
    setName("");
    onMade();
  });
  const submit = () => {
    const input = { name: name.trim(), role, ...(expire !== "" && { expire: new Date(expire).getTime() }) };
    void make.run(input, { app });
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(made?.token ?? "");
      setCopied(true);
      say(t.tokens.copied);
    } catch {
      setCopied(false);
    }
  };
  return (
    <>
      <Form look="inline" onSubmit={submit}>
        <TextField label={t.tokens.name} value={name} onInput={setName} isRequired most={64} />
        <ChoiceField
          label={t.tokens.role}
          value={role}
          onChoose={setRole}
          choices={roleNames.map((each) => [each, t.roles[each] ?? each] as const)}
        />
        <TextField label={t.tokens.expire} value={expire} onInput={setExpire} type="datetime-local" />
        <Button type="submit" look="main" isBusy={make.isUnderWay}>
          {t.tokens.make}
        </Button>
      </Form>
      {make.outcome && make.outcome.kind !== "done" && <Trouble of={make.outcome} onRetry={make.retry} />}
      {made && (
        <div class="notice good" role="status">
          <p>{t.tokens.made(made.name)}</p>
          <Button onPress={() => void copy()}>{copied === true ? t.tokens.copied : t.tokens.copy}</Button>
          <Button look="quiet" onPress={() => setMade(undefined)}>
            {t.tokens.forget}
          </Button>
          {copied === false && <p>{t.tokens.notCopied}</p>}
        </div>
      )}
    </>
  );
}

function Revoke({ app, token, onDone }: { app: string; token: TokenRow; onDone: () => void }) {
  const t = useTexts();
  const [isAsking, setAsking] = useState(false);
  const revoke = useAct("revokeAdminToken", () => {
    setAsking(false);
    onDone();
  });
  return (
    <>
      <Button label={`${t.tokens.revoke}: ${token.name}`} onPress={() => setAsking(true)}>
        {t.tokens.revoke}
      </Button>
      {isAsking && (
        <Dialog
          title={`${t.tokens.revoke}: ${token.name}`}
          submit={t.tokens.revoke}
          look="danger"
          isBusy={revoke.isUnderWay}
          onClose={() => setAsking(false)}
          onSubmit={() => void revoke.run({ id: token.id }, { app })}
        >
          <p>{t.tokens.revokeHint}</p>
          {revoke.outcome && revoke.outcome.kind !== "done" && (
            <Trouble of={revoke.outcome} onRetry={revoke.retry} />
          )}
        </Dialog>
      )}
    </>
  );
}

/** The admin tokens of an app: of the tokens themselves nothing is known here. */
export function AppTokens({ app }: { app: string }) {
  const t = useTexts();
  const { answer, trouble, reload } = useLoad("listAdminTokens", {}, { app });
  return (
    <>
      <h3>{t.tokens.title}</h3>
      <NewToken app={app} onMade={reload} />
      {trouble && <Trouble of={trouble} onRetry={reload} />}
      {!answer && !trouble && <Loading />}
      {answer && (
        <Table
          label={t.tokens.title}
          rows={answer.data}
          keyOf={({ id }) => id}
          columns={[
            { title: t.tokens.name, cell: ({ name }) => name, isWide: true },
            { title: t.tokens.role, cell: ({ role }) => t.roles[role] ?? role },
            { title: t.tokens.created, cell: ({ created_at }) => <When at={created_at} /> },
            {
              title: t.tokens.used,
              cell: ({ last_used_at }) => (last_used_at === null ? "—" : <When at={last_used_at} />),
            },
            {
              title: t.tokens.expire,
              cell: ({ expire }) => (expire === null ? t.tokens.never : <When at={expire} />),
            },
            {
              title: t.home.status,
              cell: (token) =>
                token.revoked_at === null ? (
                  <Revoke app={app} token={token} onDone={reload} />
                ) : (
                  <Badge tone="calm">{t.tokens.revoked}</Badge>
                ),
            },
          ]}
        />
      )}
    </>
  );
}
