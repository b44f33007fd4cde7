import { describe, expect, it } from "vitest";
import { type Answer, call } from "./kit/client.ts";
import { databaseBefore } from "./kit/contract/before-write.ts";
import { exampleOf } from "./kit/contract/examples.ts";
import { type Stage, comparable, groups, newStage, place, plainBindings } from "./kit/contract/stage.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { giveDatabase } from "./kit/faults.ts";

/** A question by POST, which writes nothing. */
const isQuestion = ({ id }: { id: string }) => id === "explainToken";

const writes = plainBindings.filter(
  ({ operation, method }) =>
    method !== "GET" && !isQuestion(operation) && !["public", "session", "root"].includes(operation.caller),
);

const reads = [
  "/user/profile",
  "/user/settings",
  "/user/push/tag",
  "/user/push/alias",
  "/user/push/badge",
  "/user/device/list",
];

/** What can be read of a stage while its user's hub is at a write: the user's picture waits for that. */
async function stateOf({ acting, admin, root, here }: Stage): Promise<unknown> {
  const answers = await Promise.all([
    ...reads.map((path) => acting.get(path)),
    ...Object.values(groups).map((id) => admin.with({ group_id: String(id) }).get("/user/online_status")),
    admin.get("/user/list"),
    root.get("/admin/app"),
    root.get("/admin/tokens"),
    here.client.get("/user/online_status"),
  ]);
  return comparable(answers.map(({ body }) => body));
}

/** Those that only a hub writes: they are judged by the read of the token just before. */
const byHub = new Set(["removeDevice", "kick", "muteDevice", "routePush", "findUsersBy"]);

/** An admin of the stage with a token of its own that is known where it calls; and how it is revoked. */
async function admit(stage: Stage) {
  const { id, token } = await stage.adminToken();
  const acting = stage.acting.with({ "access-token": token });
  await call("GET", "/user/profile", { headers: acting.headers }, workerWith({}));
  const revoke = async () => {
    await stage.root.set("/admin/tokens", { id: String(id) }, "DELETE");
  };
  return { headers: acting.headers, revoke };
}

describe("an admin token that is revoked between the verdict on a call and its write", () => {
  it.each(writes.filter(({ operation }) => !byHub.has(operation.id)))(
    "writes nothing any more: $name",
    async ({ operation, method }) => {
      const stage = await newStage();
      const sent = place(operation, await exampleOf(operation).valid(stage));
      const { headers, revoke } = await admit(stage);
      const before = await stateOf(stage);
      let state: unknown;
      const DB = databaseBefore(async () => {
        await revoke();
        state = await stateOf(stage);
      });
      // What the user's hub writes it judges with the same guard.
      const restore = await giveDatabase(stage.hub, DB);
      const answer: Answer = await call(
        method,
        operation.path,
        { ...sent, headers: { ...headers, ...sent.headers } },
        workerWith({ DB }),
      );
      restore();
      expect(answer).toMatchObject({ code: 10008, data: null });
      expect(state).not.toEqual(before);
      expect(await stateOf(stage)).toEqual(state);
    },
  );
});
