import { useState } from "preact/hooks";
import type { Picture } from "../../api/types.ts";
import { Badge, Button, Card, When } from "../../parts/basics.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Receipts } from "../../parts/receipts.tsx";
import { useTexts } from "../../state/preferences.ts";
import { type Session, may } from "../../state/session.ts";
import { useDoing } from "./doing.tsx";
import type { Book } from "./results.tsx";

type Device = Picture["devices"][number];

/** How many are shown before one asks for all. */
const FIRST = 25;

function DeviceItem({
  device,
  isSignedIn,
  who,
  userId,
  book,
}: {
  device: Device;
  isSignedIn: boolean;
  who: Session;
  userId: number;
  book: Book;
}) {
  const t = useTexts();
  const [isAsking, setAsking] = useState(false);
  const kick = useDoing("kick", book, (answer) => ({
    isDone: true,
    detail: <Receipts devices={answer.results} />,
  }));
  const remove = useDoing("removeDevice", book, () => ({ isDone: true }));
  const { device_sn, online, device_name, platform, user_agent, device_guid, last_active_at } = device;
  const name = device_name || t.platforms[platform] || t.device.serial(device_sn);
  return (
    <li class={online ? "device" : "device gone"} data-device={device_sn} data-online={online}>
      <div class="about">
        <p>
          <strong>{name}</strong>{" "}
          <Badge tone={online ? "good" : "calm"}>{online ? t.device.online : t.device.offline}</Badge>{" "}
          {!isSignedIn && <Badge tone="wait">{t.device.signedOut}</Badge>}{" "}
          {device.push_bound && <Badge tone="calm">{t.device.push}</Badge>}
        </p>
        <p class="hint">
          {t.device.serial(device_sn)} · {device_name && `${t.platforms[platform] ?? platform} · `}
          {t.device.heard} <When at={last_active_at} />
        </p>
        {(device_guid !== null || user_agent !== "") && (
          <p class="hint code">{[device_guid, user_agent].filter(Boolean).join(" · ")}</p>
        )}
      </div>
      <p class="acts">
        {may(who, "kick") && isSignedIn && (
          <Button
            label={`${t.acts.kick}: ${name}, ${t.device.serial(device_sn)}`}
            isBusy={kick.isUnderWay}
            onPress={() =>
              kick.run(`${t.acts.kick}: ${t.device.serial(device_sn)}`, { device_sn }, { user: userId })
            }
          >
            {t.acts.kick}
          </Button>
        )}
        {may(who, "removeDevice") && (
          <Button
            look="quiet"
            label={`${t.acts.remove}: ${name}, ${t.device.serial(device_sn)}`}
            isBusy={remove.isUnderWay}
            onPress={() => setAsking(true)}
          >
            {t.acts.remove}
          </Button>
        )}
      </p>
      {isAsking && (
        <Dialog
          title={`${t.acts.remove}: ${name}`}
          submit={t.acts.remove}
          look="danger"
          isBusy={remove.isUnderWay}
          onClose={() => setAsking(false)}
          onSubmit={() => {
            setAsking(false);
            remove.run(`${t.acts.remove}: ${t.device.serial(device_sn)}`, { device_sn }, { user: userId });
          }}
        >
          <p>{t.acts.removeHint}</p>
        </Dialog>
      )}
    </li>
  );
}

/** The user's devices as they come and go: those that are connected first. */
export function Devices({ picture, who, book }: { picture: Picture; who: Session; book: Book }) {
  const t = useTexts();
  const [isWhole, setWhole] = useState(false);
  const { devices, sessions, user_id } = picture;
  const signedIn = new Set(sessions.map(({ device_sn }) => device_sn));
  const ordered = devices.toSorted(
    (one, other) => Number(other.online) - Number(one.online) || other.last_active_at - one.last_active_at,
  );
  const shown = isWhole ? ordered : ordered.slice(0, FIRST);
  const connected = devices.filter(({ online }) => online).length;
  return (
    <Card
      title={t.device.title}
      aside={<span class="hint">{t.device.count(devices.length, connected)}</span>}
    >
      {devices.length === 0 && <p class="empty">{t.device.none}</p>}
      <ul class="devices">
        {shown.map((device) => (
          <DeviceItem
            key={device.device_sn}
            device={device}
            isSignedIn={signedIn.has(device.device_sn)}
            who={who}
            userId={user_id}
            book={book}
          />
        ))}
      </ul>
      {ordered.length > shown.length && (
        <Button look="quiet" onPress={() => setWhole(true)}>
          {t.common.showAll(ordered.length)}
        </Button>
      )}
    </Card>
  );
}
