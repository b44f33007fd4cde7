import { Command, Option } from "commander";
import type { Role } from "../domain/roles.ts";
import type { RootOperations } from "../server/index.ts";
import { asRoot, requireApp } from "./connection.ts";
import { instantOf, shownInstant } from "./instants.ts";
import { note } from "./print.ts";
import { example, integer, printerOf } from "./words.ts";

const roles: readonly Role[] = ["viewer", "support", "moderator", "push", "operator", "owner"];

type Token = RootOperations["listAdminTokens"]["answer"]["data"][number];

function stateOf({ revoked_at, expire }: Token): string {
  if (revoked_at !== null) return "revoked";
  return expire !== null && expire <= Date.now() ? "expired" : "good";
}

function list(): Command {
  return example(
    new Command("list")
      .description("List the app's admin tokens, without their secrets.")
      .action(async (_options: object, command: Command) => {
        const { data } = await asRoot(command, requireApp(command)).listAdminTokens();
        printerOf(command).rows<Token>(
          [
            ["id", ({ id }) => id],
            ["name", ({ name }) => name],
            ["role", ({ role }) => role],
            ["state", stateOf],
            ["made", ({ created_at }) => shownInstant(created_at)],
            ["expires", ({ expire }) => shownInstant(expire)],
          ],
          data,
          "There are no admin tokens.",
        );
      }),
    "warbler tokens list --app shop",
  );
}

function create(): Command {
  return example(
    new Command("create")
      .description("Make an admin token. It is shown this once.")
      .argument("<name>", "what it is called in records")
      .addOption(new Option("--role <role>", "what it may do (default: owner)").choices(roles))
      .option("--expires <when>", "a date, or a span such as 90d (default: never)")
      .action(
        async (name: string, { expires, role }: { expires?: string; role?: Role }, command: Command) => {
          const root = asRoot(command, requireApp(command));
          const life = expires === undefined ? {} : { expire: instantOf(expires, "--expires", "from now") };
          const { data } = await root.createAdminToken({ name, ...life, ...(role && { role }) });
          printerOf(command).one(data, {
            id: data.id,
            name: data.name,
            role: data.role,
            expires: shownInstant(data.expire),
            token: data.token,
          });
          note("Keep the token now: it is not shown again.");
        },
      ),
    "warbler tokens create support --app shop --role support --expires 90d",
  );
}

function revoke(): Command {
  return example(
    new Command("revoke")
      .description("Revoke an admin token: it is refused from the next call on.")
      .argument("<id>", "its id, as the list has it", integer(1, Number.MAX_SAFE_INTEGER))
      .action(async (id: number, _options: object, command: Command) => {
        await asRoot(command, requireApp(command)).revokeAdminToken({ id });
        const printer = printerOf(command);
        if (printer.isJson) printer.one({ id, revoked: true });
        else printer.say(`Token ${id} is revoked.`);
      }),
    "warbler tokens revoke 7 --app shop",
  );
}

/** `warbler tokens` */
export const tokensWord = () =>
  example(
    new Command("tokens")
      .summary("list, create, revoke: an app's admin tokens")
      .description("Admin tokens of an app. All of it needs the root key.")
      .addCommand(list())
      .addCommand(create())
      .addCommand(revoke()),
    "warbler tokens list --app shop",
  );
