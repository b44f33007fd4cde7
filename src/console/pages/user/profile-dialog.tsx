import { useState } from "preact/hooks";
import type { Picture } from "../../api/types.ts";
import { TextField } from "../../parts/basics.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { useTexts } from "../../state/preferences.ts";
import { type Session, may } from "../../state/session.ts";
import { useDoing } from "./doing.tsx";
import type { Book } from "./results.tsx";

/** Changes the profile: what was not changed here is not sent, whatever has changed elsewhere since the dialog opened. */
export function ProfileDialog({
  picture,
  who,
  onClose,
  book,
}: {
  picture: Picture;
  who: Session;
  onClose: () => void;
  book: Book;
}) {
  const t = useTexts();
  const { user_id: user } = picture;
  const [profile] = useState(picture.profile);
  const [nickName, setNickName] = useState(profile.nick_name);
  const [email, setEmail] = useState(profile.email);
  const [description, setDescription] = useState(profile.description);
  const [mobile, setMobile] = useState(profile.mobile);
  const change = useDoing("setProfile", book, () => ({ isDone: true }));
  const changeMobile = useDoing("setMobile", book, () => ({ isDone: true }));
  const submit = () => {
    onClose();
    const changed = {
      ...(nickName !== profile.nick_name && { nick_name: nickName }),
      ...(email !== profile.email && { email }),
      ...(description !== profile.description && { description }),
    };
    if (Object.keys(changed).length > 0) change.run(t.acts.profile, changed, { user });
    if (mobile !== profile.mobile) changeMobile.run(t.profile.mobile, { mobile }, { user });
  };
  return (
    <Dialog title={t.acts.profile} submit={t.common.save} onClose={onClose} onSubmit={submit}>
      <TextField label={t.profile.nick_name} value={nickName} onInput={setNickName} focus />
      <TextField label={t.profile.email} value={email} onInput={setEmail} type="email" />
      {may(who, "setMobile") && (
        <TextField label={t.profile.mobile} value={mobile} onInput={setMobile} type="tel" />
      )}
      <TextField label={t.profile.description} value={description} onInput={setDescription} rows={3} />
    </Dialog>
  );
}
