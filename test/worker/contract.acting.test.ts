import { describe, expect, it } from "vitest";
import { reasonOf } from "../wire.ts";
import type { Client } from "./kit/client.ts";
import { exampleOf } from "./kit/contract/examples.ts";
import {
  type Binding,
  comparable,
  groups,
  newStage,
  place,
  plainBindings,
  send,
  stateOf,
} from "./kit/contract/stage.ts";

const UNKNOWN = "9007199254740991";

const onBehalf = plainBindings.filter(({ operation }) =>
  ["user", "admin for user"].includes(operation.caller),
);
const byFirstMethod = onBehalf.filter(({ operation, method }) => operation.methods[0] === method);
const byLastMethod = onBehalf.filter(({ operation, method }) => operation.methods.at(-1) === method);
const ofAdmins = plainBindings.filter(({ operation }) => operation.caller === "admin");

/** Headers of a caller, what a call with them must hear, and what it must be told of. */
type Expected = [client: Client, headers: Record<string, string>, code: number, naming?: string];

/** What an admin's call does that names the user by one header or the other. */
async function effectOf(binding: Binding, header: "user_id" | "group_id") {
  const { operation } = binding;
  const stage = await newStage();
  await stage.group(groups.made);
  const sent = place(operation, await exampleOf(operation).valid(stage));
  const named = header === "user_id" ? stage.userId : groups.made;
  const { body } = await send(stage.admin.with({ [header]: String(named) }), binding, sent);
  return { answer: comparable(body), state: await stateOf(stage) };
}

describe("the headers that say for whom", () => {
  it.each(byFirstMethod)("may name a group for its owner: $name", async (binding) => {
    const asUser = await effectOf(binding, "user_id");
    expect(asUser).toMatchObject({ answer: { code: 200 } });
    expect(await effectOf(binding, "group_id")).toEqual(asUser);
  });

  it.each(byLastMethod)(
    "must name whom there is, and one's own self without an admin token: $name",
    async (binding) => {
      const { operation } = binding;
      const stage = await newStage();
      const { admin } = stage;
      const user = stage.here.client;
      const group_id = String(await stage.group(groups.made));
      const other = String((await stage.register("someone_else")).user_id);
      const user_id = String(stage.userId);
      const sent = place(operation, await exampleOf(operation).valid(stage));
      const before = await stateOf(stage);
      const expected: Expected[] = [
        [admin, { user_id: UNKNOWN }, 10000],
        [admin, { group_id: UNKNOWN }, 20001],
        [admin, { user_id: "me" }, 10002, "user_id"],
        [admin, { user_id: "0" }, 10002, "user_id"],
        [admin, { user_id: "9007199254740992" }, 10002, "user_id"],
        [admin, { group_id: "mine" }, 10002, "group_id"],
        [admin, { user_id: other, group_id }, 10002, "user_id"],
        [user, { user_id: other }, 10010],
        [user, { user_id: UNKNOWN }, 10010],
        [user, { group_id }, 10010],
        [user, { user_id, group_id }, 10010],
      ];
      for (const [client, headers, code, naming = ""] of expected) {
        const { body } = await send(client.with(headers), binding, sent);
        const message = expect.stringContaining(naming);
        expect({ headers, body }).toEqual({
          headers,
          body: { code, message, data: null, reason: reasonOf(code) },
        });
      }
      expect(await stateOf(stage)).toEqual(before);
      const caller = operation.caller === "user" ? user : admin;
      expect((await send(caller.with({ user_id }), binding, sent)).code).toBe(200);
    },
  );

  it.each(ofAdmins)("must name a user there is even where none is needed: $name", async (binding) => {
    const stage = await newStage();
    const sent = place(binding.operation, await exampleOf(binding.operation).valid(stage));
    const before = await stateOf(stage);

    const unknown = await send(stage.admin.with({ user_id: UNKNOWN }), binding, sent);
    const malformed = await send(stage.admin.with({ user_id: "-1" }), binding, sent);

    expect([unknown.code, malformed.code]).toEqual([10000, 10002]);
    expect(await stateOf(stage)).toEqual(before);
    expect((await send(stage.acting, binding, sent)).code).toBe(200);
  });
});
