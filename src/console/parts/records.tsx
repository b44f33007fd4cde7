import { useState } from "preact/hooks";
import type { Input } from "../api/types.ts";
import { useLoad } from "../state/asking.ts";
import { useTexts } from "../state/preferences.ts";
import { linkTo } from "../state/router.ts";
import { Button, Reading, When } from "./basics.tsx";
import { Pager, usePaging } from "./pager.tsx";

type Filter = Pick<Input<"listAudit">, "user_id" | "caller" | "operation" | "since" | "until">;

/** Records of what was done, a page at a time, the newest first. */
export function Records({ filter, isOfUser = false }: { filter: Filter; isOfUser?: boolean }) {
  const t = useTexts();
  const [round, setRound] = useState(0);
  const paging = usePaging(JSON.stringify([filter, round]));
  const input = { ...filter, limit: 50, cursor: paging.cursor };
  const loaded = useLoad("listAudit", input, { mark: String(round) });
  const { answer } = loaded;
  return (
    <>
      <Reading of={loaded} />
      {answer?.data.length === 0 && <p class="empty">{t.record.none}</p>}
      <ol class="timeline">
        {answer?.data.map(
          ({ id, at, caller, operation, subject, device_sn, reason, address, request_id }) => (
            <li key={id}>
              <When at={at} />
              <div>
                <p>
                  <strong>{t.operations[operation] ?? operation}</strong>
                  {reason !== "" && `: ${reason}`}
                  {!isOfUser && subject !== null && (
                    <>
                      {" "}
                      <a href={linkTo(`user/${subject}`)}>#{subject}</a>
                    </>
                  )}
                  {device_sn !== null && ` · ${t.device.serial(device_sn)}`}
                </p>
                <p class="hint">
                  {[caller, address].filter(Boolean).join(" · ")} <span class="code">{request_id}</span>
                </p>
              </div>
            </li>
          ),
        )}
      </ol>
      <Pager of={t.record.title} paging={paging} cursor={answer?.cursor} />
      <Button look="quiet" onPress={() => setRound(round + 1)}>
        {t.record.newer}
      </Button>
    </>
  );
}
