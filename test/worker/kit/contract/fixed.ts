import { env } from "cloudflare:workers";
import { exampleOf } from "./examples.ts";
import { type Stage, newStage } from "./stage.ts";
import type { Operation } from "../../../../src/http/operation.ts";

/** The ids that the document's examples name: of the user, of an admin token, and of a group. */
const ids = { user: 1000, token: 5, group: 7 };

/** The user and the device of the document's examples. */
const wren = { username: "wren", password: "a secret word" };
const device = "2f1c6f0e-phone";

/** A stage with the user and the device of the document's examples, whatever ids other tests have had meanwhile. */
export async function fixedStage(): Promise<Stage> {
  const { DB } = env;
  const last = "select seq from sqlite_sequence where name = 'users'";
  const seq = await DB.prepare(last).first<number>("seq");
  const setLast = async (to: number) =>
    await DB.prepare("update sqlite_sequence set seq = ? where name = 'users'").bind(to).run();
  await DB.prepare("delete from users where id = ?").bind(ids.user).run();
  await setLast(ids.user - 1);
  const stage = await newStage(wren, device);
  await setLast(Math.max(seq ?? 0, ids.user));
  if (stage.userId !== ids.user) throw new Error(`the user of the examples has the id ${stage.userId}`);
  return stage;
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

/** What the operation's example of the contract does before: it needs the same. */
const likeContract = new Set(["replayEvents", "getMove", "stopMove"]);

/** Readies a stage for the document's example of an operation. */
export async function prepare(operation: Operation, stage: Stage): Promise<void> {
  await prepared[operation.id]?.(stage);
  if (likeContract.has(operation.id)) await exampleOf(operation).valid(stage);
}
