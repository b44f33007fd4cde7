import { useTexts } from "../state/preferences.ts";
import { Badge } from "./basics.tsx";

interface Receipt {
  device_sn: number;
  was_online: boolean;
  notified: boolean;
}

/** What became of each device that was signed out. */
export function Receipts({ devices }: { devices: readonly Receipt[] }) {
  const t = useTexts();
  if (devices.length === 0) return <p class="hint">{t.receipt.none}</p>;
  return (
    <ul class="receipts">
      {devices.map(({ device_sn, was_online, notified }) => (
        <li key={device_sn}>
          <span>{t.device.serial(device_sn)}</span>
          <Badge tone={notified ? "good" : "calm"}>
            {notified ? t.receipt.told : was_online ? t.receipt.untold : t.receipt.offline}
          </Badge>
        </li>
      ))}
    </ul>
  );
}
