import { sql } from "drizzle-orm";
import { z } from "zod";
import { Id } from "../domain/fields.ts";
import { foldEmail } from "../domain/names.ts";
import { reasons } from "../domain/reasons.ts";
import { shownFlag, shownInt, shownText } from "../domain/shown.ts";
import type { Signal } from "../domain/signals.ts";
import { checkRow } from "../domain/validation.ts";
import { rowId } from "../store/database.ts";
import { answerOfChanges } from "../store/kept-answers.ts";
import { oweSignal, owedRows, owedTo } from "../store/owed.ts";
import { users } from "../store/schema.ts";
import { selectExisting, theseUsers, updateUserRow } from "../store/users.ts";
import { UNTOLD, deliverEach } from "./deliver.ts";
import type { Scope } from "./scope.ts";

/** What became of one row of a batch. */
export const ChangedRow = z
  .object({
    user_id: shownInt("the id that the row gave; 0 where it gave none", 1000),
    success: shownFlag("the row is done"),
    reason: shownText('why it is not; "" where it is', ""),
  })
  .meta({ id: "ChangedRow", description: "What became of a row of a batch of changes." });

type ChangedRow = z.infer<typeof ChangedRow>;

/**
 * Changes users row by row, in order and in one transaction: a row that is malformed, names no user of the app or an
 * e-mail of another fails alone. Each user's hub takes note, and tells the devices. `Row` is what a row may hold.
 */
export async function changeProfiles(
  scope: Scope,
  Row: z.ZodObject<{ user_id: typeof Id }>,
  rows: readonly unknown[],
): Promise<ChangedRow[]> {
  const { app, db, now } = scope;
  const checked = rows.map((row) => checkRow(Row, row));
  const good = checked.flatMap((row) => (row.ok ? [row.value] : []));
  const ids = good.map((row) => row.user_id);
  const updates = good.map((row) => updateUserRow(db, app.app_id, row, now));
  // A row that failed has not touched its user.
  const touched = sql`${theseUsers(app.app_id, ids)} and ${users.updated_at} = ${now}`;
  const answer = answerOfChanges(
    app.app_id,
    checked.map((row, index) => {
      if (!row.ok) {
        const lost = { user_id: idOf(rows[index]), success: false, reason: row.wrong };
        return { key: null, mark: 0, won: null, lost };
      }
      const { user_id, ...given } = row.value;
      const { email } = Emailed.parse(given);
      // Who is not there has no e-mail to lose.
      const { message: reason } = email === undefined ? reasons.user_unknown : reasons.email_taken;
      return {
        key: user_id,
        mark: now,
        ...(email !== undefined && email !== "" && { email: foldEmail(email) }),
        won: { user_id, success: true, reason: "" },
        lost: { user_id, success: false, reason },
      };
    }),
  );
  const signal: Signal = { kind: "changed", by: scope.by, at: now };
  const statements = [
    selectExisting(db, app.app_id, ids),
    ...updates,
    oweSignal(db, touched, signal, now),
    owedTo(db, ids),
  ] as const;
  const [existing, ...written] = await scope.write({ users: touched }, statements, answer);
  const known = new Set(existing.map((user) => user.id));
  const results = written.values();
  const untold = await deliverEach(scope, owedRows(written[updates.length + 1]));
  return checked.map((row, index): ChangedRow => {
    if (!row.ok) return { user_id: idOf(rows[index]), success: false, reason: row.wrong };
    const { user_id } = row.value;
    const wrote = rowId(results.next().value) !== undefined;
    if (wrote && untold.has(user_id)) return { user_id, success: false, reason: UNTOLD };
    if (wrote) return { user_id, success: true, reason: "" };
    const reason = known.has(user_id) ? reasons.email_taken : reasons.user_unknown;
    return { user_id, success: false, reason: reason.message };
  });
}

const Emailed = z.object({ email: z.string().optional() });

/** The id that a row gives, as far as it gives one: its caller finds the row by it. */
function idOf(row: unknown): number {
  const named = z.object({ user_id: Id }).safeParse(row);
  return named.success ? named.data.user_id : 0;
}
