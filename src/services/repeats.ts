import { z } from "zod";
import { DeviceReceipt } from "../domain/signals.ts";
import type { KeptAnswer } from "../domain/answers.ts";
import { owedTo } from "../store/owed.ts";
import { deliverAll, pooled } from "./deliver.ts";
import type { Scope } from "./scope.ts";

/** An answer that is given again. */
type Answer = Extract<z.output<typeof KeptAnswer>, { status: number }>;

/** The rows of a body for whose users hubs have receipts. */
const Rows = z.looseObject({
  results: z.array(z.looseObject({ user_id: z.int(), devices: z.array(DeviceReceipt) })),
});

/**
 * What is answered to a request that is sent again. Where the first one died behind its effect, its signals are delivered first,
 * and hubs say again what became of devices: they keep that for who repeats a signal. Throws while a hub cannot be reached.
 */
export async function tellAgain(scope: Scope, { body, tell, receipts }: Answer): Promise<unknown> {
  if (tell.length === 0) return body;
  const { db } = scope;
  const ids = tell.map(([userId]) => userId);
  await deliverAll(scope, await db.run(owedTo(db, ids)));
  if (!receipts) return body;
  const kept = new Map(
    await pooled(tell, async ([userId, epoch]) => {
      const devices = await scope.hub(userId).call((hub) => hub.receipts(epoch));
      return [userId, devices] as const;
    }),
  );
  const { results, ...rest } = Rows.parse(body);
  return {
    ...rest,
    results: results.map((row) => ({ ...row, devices: kept.get(row.user_id) ?? row.devices })),
  };
}
