import { env } from "cloudflare:workers";
import { exampleOf } from "./examples.ts";
import { type Stage, newStage } from "./stage.ts";
import type { Declaration } from "../../../../src/http/operation.ts";

/** The ids that the document's examples name: of the user, of an admin token, and of a group. */
const ids = { user: 1000, token: 5, group: 7 };

/** The user of the document's examples. */
const wren = { username: "wren", password: "a secret word" };

/** Gives a user that was just registered another id; whoever had that one is gone, and so is a ban that was in force. */
async function takeId(from: number): Promise<number> {
  const { DB } = env;
  await DB.batch([
    DB.prepare("delete from users where id = ?").bind(ids.user),
    DB.prepare("delete from bans where user_id = ?").bind(ids.user),
    DB.prepare("pragma defer_foreign_keys = on"),
    DB.prepare("update users set id = ? where id = ?").bind(ids.user, from),
    DB.prepare("update user_settings set user_id = ? where user_id = ?").bind(ids.user, from),
  ]);
  return ids.user;
}

/** What else must be there for the example of an operation, by its id. */
const prepared: Readonly<Record<string, (stage: Stage) => Promise<unknown>>> = {
  deleteGroup: async (stage) => await stage.group(ids.group),
  async revokeAdminToken(stage) {
    const { id } = await stage.adminToken();
    await env.DB.prepare("delete from admin_tokens where id = ?").bind(ids.token).run();
    await env.DB.prepare("update admin_tokens set id = ? where id = ?").bind(ids.token, id).run();
  },
};

/** Of these the contract's own example does all that is needed before. The app of a move stays closed, and its user with it. */
const likeContract = new Set(["replayEvents", "getMove", "moveApp", "stopMove"]);

/**
 * A stage that is ready for the document's example of an operation as it stands: with the user and the device that it names,
 * whatever ids other tests have had meanwhile.
 */
export async function stageFor(operation: Declaration): Promise<Stage> {
  if (likeContract.has(operation.id)) {
    const stage = await newStage();
    await exampleOf(operation).valid(stage);
    return stage;
  }
  const stage = await newStage({ user: wren, device_guid: "2f1c6f0e-phone", settle: takeId });
  await prepared[operation.id]?.(stage);
  return stage;
}
