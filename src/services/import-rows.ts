import { z } from "zod";
import { shownInt, shownText, shownTextOrNone } from "../domain/shown.ts";
import type { Former } from "../store/found.ts";
import { UNTOLD } from "./deliver.ts";
import type { Plan } from "./import-plan.ts";

/** What became of a row. `row` counts from 1; who was not made has the user_id 0. */
export const ImportedRow = z
  .object({
    row: shownInt("which row, from 1", 1, 1),
    external_id: shownTextOrNone("the external_id that the row gave; null where it gave none", "crm-17"),
    user_id: shownInt("the user's id; 0 where there is none", 1000),
    username: shownText("the name that the row gave, as far as it gave one", "wren"),
    result: z
      .enum(["created", "updated", "unchanged", "failed"])
      .meta({ description: "what became of it", examples: ["created"] }),
    reason: shownText('why it failed; "" where it did not', ""),
  })
  .meta({ id: "ImportedRow", description: "What became of a row of an import." });

export type ImportedRow = z.infer<typeof ImportedRow>;

/** A line of an import: what it says, or why that cannot be read. */
export type Line = { ok: true; value: unknown } | { ok: false; wrong: string };

/** What was written of a row: whose it is, or why it is not done yet. */
export type Outcome = { userId: number; isUntold: boolean };

/**
 * What became of rows, by their index: a row is no success while its user cannot be told, or who had the push token that it gives,
 * whichever call has taken that.
 */
export function outcomesOf(
  plans: readonly Plan[],
  written: ReadonlyMap<number, number>,
  untold: ReadonlySet<number>,
  { who }: Former,
  gives: (index: number) => string | undefined,
): Map<number, Outcome> {
  const held = new Set(
    who.flatMap(({ user_id, device_token }) => (untold.has(user_id) ? [device_token] : [])),
  );
  return new Map(
    plans.flatMap((plan, index) => {
      const userId = plan.result === "unchanged" ? plan.userId : written.get(index);
      if (userId === undefined) return [];
      const isOwn = plan.result !== "unchanged" && untold.has(userId);
      return [[index, { userId, isUntold: isOwn || held.has(gives(index) ?? "") }] as const];
    }),
  );
}

const Named = z.object({
  external_id: z.string().nullable().catch(null).default(null),
  username: z.string().catch("").default(""),
});

/** What the caller hears of a row; there are no `outcomes` where nothing was to be written. */
export function told(
  line: Line | undefined,
  index: number,
  plan: Plan,
  outcomes: ReadonlyMap<number, Outcome> | undefined,
): ImportedRow {
  const named = Named.safeParse(line?.ok ? line.value : {}).data ?? { external_id: null, username: "" };
  const fails = (user_id: number, reason: string) => ({
    ...shown,
    user_id,
    result: "failed" as const,
    reason,
  });
  const shown = { row: index + 1, ...named };
  if (plan.result === "failed") return fails(0, plan.reason);
  const outcome = outcomes?.get(index);
  if (plan.result === "unchanged" && !outcome?.isUntold)
    return { ...shown, user_id: plan.userId, result: "unchanged", reason: "" };
  if (outcomes && !outcome) return fails(0, "another call was faster: send the row again");
  if (outcome?.isUntold) return fails(outcome.userId, UNTOLD);
  const userId = outcome?.userId ?? (plan.result === "created" ? 0 : plan.userId);
  return { ...shown, user_id: userId, result: plan.result, reason: "" };
}
