import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import type { Declaration } from "../../src/http/operation.ts";
import { type Answer, type Client, call } from "./kit/client.ts";
import { databaseBefore } from "./kit/contract/before-write.ts";
import { exampleOf } from "./kit/contract/examples.ts";
import {
  type Params,
  type Stage,
  newStage,
  place,
  plainBindings,
  send,
  someone,
  without,
} from "./kit/contract/stage.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { giveDatabase } from "./kit/faults.ts";
import { isRecorded } from "./kit/records.ts";
import { done } from "./kit/wire.ts";

/** Every operation of which a record is made, by its first method. */
const writes = plainBindings.filter(
  ({ operation, method }) => method === operation.methods[0] && isRecorded(operation),
);

/** What only a hub writes: it is recorded after the answer. */
const byHub = new Set(["removeDevice", "muteDevice", "kick"]);

/** An id that no user, group or admin token has. */
const NOBODY = 9_000_000_000;
const noDevice = { device_sn: 99 };

/** Who makes others' writes: an admin token or, where it is needed, the root key. */
function clientOf({ caller, app }: Declaration, stage: Stage): Client {
  if (caller === "root") return app === false ? without(stage.root, "app_id") : stage.root;
  return caller === "user" || caller === "admin for user" ? stage.acting : stage.admin;
}

/** Calls for many users, of whom some are not there: what is sent, and whom it changes. */
const lists: Record<string, (ids: number[]) => Params> = {
  setAvatars: (ids) => ({ list: ids.map((user_id) => ({ user_id, avatar: "https://a.example/1" })) }),
  setProfiles: (ids) => ({ list: ids.map((user_id) => ({ user_id, nick_name: "Wren" })) }),
  disableUsers: (ids) => ({ list: ids }),
  enableUsers: (ids) => ({ list: ids }),
};

/** Valid calls that find nothing to change; where an operation has none here, its user is deleted before it writes. */
const idle: Record<string, (stage: Stage) => Params> = {
  importUsers: () => ({ rows: [someone] }),
  ...Object.fromEntries(Object.entries(lists).map(([id, of]) => [id, () => of([NOBODY])])),
  registerBatch: () => ({ list: [someone] }),
  pushFeedback: () => ({ list: [{ binding_id: `${NOBODY.toString(36)}.1.0`, result: "unregistered" }] }),
  replayEvents: () => ({ ids: ["evt_none"] }),
  removeDevice: () => noDevice,
  muteDevice: () => ({ ...noDevice, no_push: true }),
  kick: () => noDevice,
  bindToken: () => ({ ...noDevice, device_token: "token", notifier_name: "fcm" }),
  unbindToken: () => ({ deviceSn: 99 }),
  putGroup: () => ({ group_id: 7, owner_id: NOBODY }),
  deleteGroup: () => ({ group_id: NOBODY }),
  createApp: (stage) => ({ app_id: stage.root.headers["app_id"] ?? "" }),
  stopMove: () => ({}),
  revokeAdminToken: () => ({ id: NOBODY }),
};

/** What changes something whenever it is valid. */
const neverIdle = new Set(["setApp", "createAdminToken", "moveApp"]);

const Rows = z.array(z.object({ caller: z.string(), operation: z.string(), subject: z.int().nullable() }));
const Registered = z.array(z.object({ user_id: z.int() }));

/** What is recorded of a request, but the ends of sessions. */
async function recordsOf({ response }: Answer) {
  const { results } = await env.DB.prepare(
    "select caller, operation, subject from audit where request_id = ? and operation not like 'session.%' order by subject",
  )
    .bind(response.headers.get("x-request-id"))
    .all();
  return Rows.parse(results);
}

/** Readies a stage for a call that changes something: what is sent, and the users whom it changes. */
async function changing(operation: Declaration, stage: Stage) {
  const { id } = operation;
  if (id === "removeAllTags") await done(stage.here.client.post("/user/push/tag", { tags: ["a"] }));
  if (id === "registerBatch" || id === "importUsers") {
    const fresh = ["newcomer", "another"].map((username) => ({ ...someone, username }));
    const rows = [...fresh, someone, { ...someone, username: "123" }];
    return { sent: place(operation, id === "importUsers" ? { rows } : { list: rows }) };
  }
  const list = lists[id];
  if (list) {
    const ids = [stage.userId, (await stage.register("another")).user_id];
    return { sent: place(operation, list([...ids, NOBODY])), subjects: ids };
  }
  const isOfUser = ["user", "admin for user"].includes(operation.caller) || id === "pushFeedback";
  const sent = place(operation, await exampleOf(operation).valid(stage));
  return { sent, subjects: [isOfUser ? stage.userId : null] };
}

describe("what an admin writes", () => {
  it.each(writes)("is recorded once for each user whom it changed: $name", async (binding) => {
    const { operation } = binding;
    const stage = await newStage();
    const { sent, subjects } = await changing(operation, stage);

    const answer = await send(clientOf(operation, stage), binding, sent);

    expect(answer.code).toBe(200);
    const changed =
      subjects ?? Registered.parse(answer.data).flatMap(({ user_id }) => (user_id === 0 ? [] : [user_id]));
    const enough = async () => (await recordsOf(answer)).length >= changed.length;
    await vi.waitUntil(enough, { timeout: 15_000 });
    const caller = operation.caller === "root" ? "root" : "admin:test";
    expect(await recordsOf(answer)).toEqual(
      changed.map((subject) => ({ caller, operation: operation.id, subject })),
    );
  });

  // Where its user is deleted before it writes, a call and the deletion wait for each other for two seconds: so all do at once.
  it.concurrent.each(writes.filter(({ operation }) => !neverIdle.has(operation.id)))(
    "is not recorded where it changed nothing: $name",
    async (binding) => {
      const { operation, method } = binding;
      const stage = await newStage();
      const client = clientOf(operation, stage);
      const params = idle[operation.id]?.(stage);
      const sent = place(operation, params ?? (await exampleOf(operation).valid(stage)));
      let isGone = false;
      const DB = databaseBefore(async () => {
        await done(stage.here.client.post("/user/delete"));
        isGone = true;
      });
      const fetch = workerWith(params ? {} : { DB });
      const restore = params ? () => undefined : await giveDatabase(stage.hub, DB);

      const headers = { ...client.headers, ...sent.headers };
      const answer = await call(method, operation.path, { ...sent, headers }, fetch);
      restore();

      expect(isGone).toBe(params === undefined);
      // A hub's records come in their order: behind one that is there, none is on its way.
      if (byHub.has(operation.id)) {
        const later = await stage.acting.post("/user/kick");
        await vi.waitUntil(async () => (await recordsOf(later)).length > 0, { timeout: 15_000 });
      }
      expect(await recordsOf(answer)).toEqual([]);
    },
  );
});
