import { useState } from "preact/hooks";
import type { Picture } from "../../api/types.ts";
import { Button, TextField } from "../../parts/basics.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Receipts } from "../../parts/receipts.tsx";
import { useTexts } from "../../state/preferences.ts";
import { type Session, may } from "../../state/session.ts";
import { type Told, useDoing } from "./doing.tsx";
import { DisableDialog } from "./disable.tsx";
import { ProfileDialog } from "./profile-dialog.tsx";
import type { Book } from "./results.tsx";

interface RowAnswer {
  data: boolean;
  results: {
    success: boolean;
    reason: string;
    devices: { device_sn: number; was_online: boolean; notified: boolean }[];
  }[];
}

/** What became of the one user of a list: the receipts of the devices, or why it failed. */
function tellRow({ data, results: [row] }: RowAnswer): Told {
  return {
    isDone: data,
    detail: (
      <>
        {row && row.reason !== "" && <p>{row.reason}</p>}
        {row && <Receipts devices={row.devices} />}
      </>
    ),
  };
}

type Asking = "" | "kick" | "disable" | "stolen" | "password" | "profile";

function PasswordDialog({
  onClose,
  onSubmit,
}: {
  onClose: () => void;
  onSubmit: (password: string) => void;
}) {
  const t = useTexts();
  const [password, setPassword] = useState("");
  return (
    <Dialog
      title={t.acts.password}
      submit={t.acts.password}
      onClose={onClose}
      onSubmit={() => onSubmit(password)}
    >
      <p>{t.acts.passwordHint}</p>
      <TextField
        label={t.acts.newPassword}
        value={password}
        onInput={setPassword}
        type="password"
        isRequired
        focus
        most={128}
      />
    </Dialog>
  );
}

/** What can be done for the user, as far as whoever is signed in may do it. */
export function Acts({ picture, who, book }: { picture: Picture; who: Session; book: Book }) {
  const t = useTexts();
  const [asking, setAsking] = useState<Asking>("");
  const kick = useDoing("kick", book, ({ results }) => ({
    isDone: true,
    detail: <Receipts devices={results} />,
  }));
  const disable = useDoing("disableUsers", book, tellRow);
  const enable = useDoing("enableUsers", book, ({ data, results: [row] }) => ({
    isDone: data,
    detail: row && row.reason !== "" && <p>{row.reason}</p>,
  }));
  const setPassword = useDoing("setPassword", book, () => ({ isDone: true }));
  const { user_id: user, status, sessions } = picture;
  const close = () => setAsking("");
  const isDisabled = status.status === 1;
  return (
    <div class="toolbar" role="group" aria-label={t.acts.title}>
      {may(who, "kick") && sessions.length > 0 && (
        <Button isBusy={kick.isUnderWay} onPress={() => setAsking("kick")}>
          {t.acts.kickAll}
        </Button>
      )}
      {may(who, "disableUsers") && (
        <Button look="danger" isBusy={disable.isUnderWay} onPress={() => setAsking("disable")}>
          {isDisabled ? t.acts.disableAnew : t.acts.disable}
        </Button>
      )}
      {may(who, "enableUsers") && isDisabled && (
        <Button
          look="main"
          isBusy={enable.isUnderWay}
          onPress={() => enable.run(t.acts.enable, { list: [user] })}
        >
          {t.acts.enable}
        </Button>
      )}
      {may(who, "setPassword") && (
        <Button isBusy={setPassword.isUnderWay} onPress={() => setAsking("password")}>
          {t.acts.password}
        </Button>
      )}
      {may(who, "setProfile") && <Button onPress={() => setAsking("profile")}>{t.acts.profile}</Button>}
      {may(who, "disableUsers") && !isDisabled && (
        <Button look="danger" isBusy={disable.isUnderWay} onPress={() => setAsking("stolen")}>
          {t.acts.stolen}
        </Button>
      )}
      {asking === "kick" && (
        <Dialog
          title={t.acts.kickAll}
          submit={t.acts.kickAll}
          onClose={close}
          onSubmit={() => {
            close();
            kick.run(t.acts.kickAll, {}, { user });
          }}
        >
          <p>{t.acts.kickAllHint(sessions.length)}</p>
        </Dialog>
      )}
      {(asking === "disable" || asking === "stolen") && (
        <DisableDialog
          title={asking === "stolen" ? t.acts.stolen : t.acts.disable}
          hint={asking === "stolen" ? t.acts.stolenHint : t.acts.disableHint}
          reason={asking === "stolen" ? t.acts.stolenReason : ""}
          onClose={close}
          onSubmit={(order) => {
            close();
            disable.run(t.acts.disable, { list: [user], ...order });
          }}
        />
      )}
      {asking === "password" && (
        <PasswordDialog
          onClose={close}
          onSubmit={(password) => {
            close();
            setPassword.run(t.acts.password, { password }, { user });
          }}
        />
      )}
      {asking === "profile" && <ProfileDialog picture={picture} who={who} onClose={close} book={book} />}
    </div>
  );
}
