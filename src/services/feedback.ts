import { bindingId, readBindingId } from "../domain/bindings.ts";
import { type Feedback, judgeFeedback } from "../domain/feedback.ts";
import {
  type BindingChange,
  answerOfFeedback,
  changeBindings,
  countFeedback,
  findBindings,
} from "../store/feedback.ts";
import { type OwedRow, owedTo } from "../store/owed.ts";
import { deliverAll } from "./deliver.ts";
import type { Scope } from "./scope.ts";

/** What became of the binding of a report. */
export interface FeedbackRow {
  binding_id: string;
  /** This report released it. */
  released: boolean;
}

/**
 * Takes what providers made of pushes, in the order in which it is told: releases push tokens, holds them back, has them free
 * again. When this returns no list, settings or hub of theirs has what was released. Three trips to D1 at most, and one to the
 * hub of each user of whom it changed anything.
 */
export async function takeFeedback(scope: Scope, list: readonly Feedback[]): Promise<FeedbackRow[]> {
  const { app, db, now, by, from } = scope;
  const keys = new Map(
    list.flatMap(({ binding_id }) => {
      const key = readBindingId(binding_id);
      return key ? [[binding_id, key] as const] : [];
    }),
  );
  const standing = await findBindings(db, app.app_id, [...keys.values()]);
  const changes = new Map<string, BindingChange>();
  /** Which report released a binding, as far as it was as it was found. */
  const releasing = new Map<string, Feedback>();
  const current = new Map(standing);
  for (const report of list) {
    const { binding_id, result } = report;
    const key = keys.get(binding_id);
    const found = standing.get(binding_id);
    const known = current.get(binding_id);
    if (!key || !found || !known) continue;
    const verdict = judgeFeedback(known, report, now);
    if (verdict === undefined) continue;
    if (verdict === "release") {
      current.delete(binding_id);
      releasing.set(binding_id, report);
      changes.set(binding_id, { ...key, held_until: found.held_until, to: { released: result } });
    } else {
      current.set(binding_id, { ...known, ...verdict });
      changes.set(binding_id, { ...key, held_until: found.held_until, to: verdict });
    }
  }
  const released = await write();
  return list.map((report) => {
    const { binding_id } = report;
    return { binding_id, released: released.has(binding_id) && releasing.get(binding_id) === report };
  });

  async function write(): Promise<Set<string>> {
    const counts = Object.fromEntries(
      [...Map.groupBy(list, ({ result }) => result)].map(([result, each]) => [result, each.length]),
    );
    const count = countFeedback(db, app.app_id, counts);
    const { statements, touched } = changeBindings(db, [...changes.values()], {
      app_id: app.app_id,
      by,
      at: now,
      request_id: from.request_id,
    });
    const answer = answerOfFeedback(
      app.app_id,
      list.map((report) => {
        const { binding_id } = report;
        const isReleasing = releasing.get(binding_id) === report;
        return { binding_id, key: keys.get(binding_id), isReleasing };
      }),
    );
    // Beside what this call has them owed, what an earlier one has that could not tell them: sent again, it finds nothing to change.
    const named = owedTo(db, [...new Set([...keys.values()].map(({ user_id }) => user_id))]);
    const deliver = async (owed: readonly OwedRow[]) => {
      await deliverAll(
        scope,
        owed.filter(({ app_id }) => app_id === app.app_id),
      );
    };
    if (changes.size === 0) {
      const [, owed] = await scope.write({ users: touched }, [count, named], answer);
      await deliver(owed);
      return new Set();
    }
    const [, , devices, settings, , , , owed] = await scope.write(
      { users: touched },
      [...statements, named, count],
      answer,
    );
    await deliver(owed);
    const gone = new Set(settings.map(({ user_id }) => user_id));
    const ofSettings = [...releasing.keys()].filter((id) => {
      const key = keys.get(id);
      return key?.device_sn === 0 && gone.has(key.user_id);
    });
    return new Set([...devices.map(bindingId), ...ofSettings]);
  }
}
