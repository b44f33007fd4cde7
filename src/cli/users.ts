import { Command } from "commander";
import { askSecret, askYes } from "./ask.ts";
import { showUser } from "./show-user.ts";
import { asAdmin } from "./connection.ts";
import { Failure, WrongWords, exits } from "./failure.ts";
import { idOf, idsOf } from "./find-user.ts";
import { instantOf } from "./instants.ts";
import { note } from "./print.ts";
import { ROWS, example, integer, printerOf, showList, withLimit } from "./words.ts";

/** Most users of one call that disables or enables. */
const MOST_AT_ONCE = 100;

const who = "an id or a username";

interface FindOptions {
  limit?: number;
  disabled?: true;
  byToken?: true;
}

/** Lists users, all or the disabled: by id or, where their names are to begin so, by name. */
async function listAll(
  command: Command,
  { limit = ROWS, disabled }: FindOptions,
  keyword: string | undefined,
) {
  const client = asAdmin(command);
  await showList(
    command,
    limit,
    async (cursor, page_size) =>
      await client.listUsers({ keyword, cursor, page_size, ...(disabled && { status: 1 }) }),
    [
      ["id", ({ user_id }) => user_id],
      ["username", ({ username }) => username],
      ["status", ({ status }) => (status === 0 ? "normal" : "disabled")],
    ],
    "There are none.",
  );
}

function find(): Command {
  return example(
    withLimit(
      new Command("find")
        .description(
          "Find users by id, external id, mobile number, e-mail address, device guid, request id or the beginning of the name; or list all of them by id.",
        )
        .argument("[what]", "what is known of the user")
        .option("--by-token", "by a user's token, typed unseen or read from stdin")
        .option("--disabled", "list only those who are disabled, by the name"),
    ).action(async (what: string | undefined, options: FindOptions, command: Command) => {
      const { byToken, disabled, limit = ROWS } = options;
      if (byToken && (what !== undefined || disabled))
        throw new WrongWords("--by-token finds one user, and goes with nothing else");
      if (disabled || (what === undefined && !byToken)) return await listAll(command, options, what);
      const client = asAdmin(command);
      const q = what ?? (await askSecret("token"));
      await showList(
        command,
        limit,
        // In a body, whatever it is: a token or a number belongs in no log of the way.
        async (cursor, limit) => await client.findUsersBy({ q, cursor, limit }),
        [
          ["id", ({ user_id }) => user_id],
          ["username", ({ username }) => username],
          ["nickname", ({ nick_name }) => nick_name],
          ["status", ({ status }) => (status === 0 ? "normal" : "disabled")],
          ["found by", ({ matched_by }) => matched_by],
        ],
        "Nobody is found by that.",
      );
    }),
    "warbler users find +8613800000000",
  );
}

function show(): Command {
  return example(
    new Command("show")
      .description("Show a user's profile, devices, push bindings, settings and bans.")
      .argument("<user>", who)
      .action(async (user: string, _options: object, command: Command) => {
        const client = asAdmin(command);
        await showUser(client, await idOf(client, user), printerOf(command));
      }),
    "warbler users show alice",
  );
}

interface BanOptions {
  reason?: string;
  note?: string;
  until?: string;
}

async function setStatus(command: Command, users: readonly string[], ban: BanOptions | undefined) {
  const client = asAdmin(command);
  const until = ban?.until === undefined ? {} : { until: instantOf(ban.until, "--until", "from now") };
  const order = ban && { reason: ban.reason, note: ban.note, ...until };
  const ids = await idsOf(client, users);
  const printer = printerOf(command);
  const setAll = async (list: number[]) =>
    order ? await client.disableUsers({ list, ...order }) : await client.enableUsers({ list });
  let failed = 0;
  for (let at = 0; at < ids.length; at += MOST_AT_ONCE) {
    const list = ids.slice(at, at + MOST_AT_ONCE);
    const { results } = await setAll(list).catch((error: unknown) => {
      if (at === 0 || !(error instanceof Failure)) throw error;
      throw new Failure(`${error.message}\nThe first ${at} of ${ids.length} were done`, exits.partly);
    });
    const wrong = results.filter(({ success }) => !success);
    for (const { user_id, reason } of wrong) note(`${user_id}: ${reason}`);
    failed += wrong.length;
    printer.rows(
      [
        ["id", ({ user_id }) => user_id],
        ["done", ({ success }) => (success ? (order ? "disabled" : "enabled") : "failed")],
        ["devices signed out", ({ devices }) => devices.length],
      ],
      results,
      "",
    );
  }
  if (failed > 0)
    throw new Failure(
      `${failed} of ${ids.length} failed`,
      failed === ids.length ? exits.refused : exits.partly,
    );
}

function disable(): Command {
  return example(
    new Command("disable")
      .description("Disable users: when it is done, none of them can call, connect or stay connected.")
      .argument("<user...>", "ids or usernames")
      .option("--reason <text>", "what the users are shown")
      .option("--note <text>", "what staff are shown")
      .option("--until <when>", "a date, or a span such as 7d (default: for ever)")
      .action(async (users: string[], options: BanOptions, command: Command) => {
        await setStatus(command, users, options);
      }),
    "warbler users disable alice 1042 --reason spam --until 7d",
  );
}

function enable(): Command {
  return example(
    new Command("enable")
      .description("End bans: the users can sign in again.")
      .argument("<user...>", "ids or usernames")
      .action(async (users: string[], _options: object, command: Command) => {
        await setStatus(command, users, undefined);
      }),
    "warbler users enable alice",
  );
}

function kick(): Command {
  return example(
    new Command("kick")
      .description("Sign a device of a user out, or all of them. They stay listed, and may sign in again.")
      .argument("<user>", who)
      .option("--device <serial>", "this device alone", integer(1, Number.MAX_SAFE_INTEGER))
      .action(async (given: string, { device }: { device?: number }, command: Command) => {
        const client = asAdmin(command);
        const user = await idOf(client, given);
        const params = device === undefined ? {} : { device_sn: device };
        const { results } = await client.forUser(user).kick(params);
        printerOf(command).rows(
          [
            ["device", ({ device_sn }) => device_sn],
            ["was connected", ({ was_online }) => was_online],
            ["told", ({ notified }) => notified],
          ],
          results,
          "No device was signed in.",
        );
      }),
    "warbler users kick alice --device 3",
  );
}

function remove(): Command {
  return example(
    new Command("delete")
      .description("Delete a user and all that is the user's. Nothing brings it back.")
      .argument("<user>", who)
      .option("--yes", "do not ask")
      .action(async (given: string, { yes }: { yes?: true }, command: Command) => {
        const client = asAdmin(command);
        const user = await idOf(client, given);
        const { data } = await client.forUser(user).getProfile();
        if (!yes && !(await askYes(`Delete ${data.username} (${user}) for ever?`)))
          throw new WrongWords("nobody was deleted: say --yes");
        await client.forUser(user).deleteUser();
        const printer = printerOf(command);
        if (printer.isJson) printer.one({ user_id: user, username: data.username, deleted: true });
        else printer.say(`${data.username} (${user}) is deleted.`);
      }),
    "warbler users delete alice",
  );
}

function setPassword(): Command {
  return example(
    new Command("set-password")
      .description(
        "Set a user's password, asked for without showing it or read from stdin. Every session ends.",
      )
      .argument("<user>", who)
      .action(async (given: string, _options: object, command: Command) => {
        const client = asAdmin(command);
        const user = await idOf(client, given);
        const password = await askSecret("new password");
        await client.forUser(user).setPassword({ password });
        const printer = printerOf(command);
        if (printer.isJson) printer.one({ user_id: user, password_set: true });
        else printer.say(`${given} has a new password, and is signed out everywhere.`);
      }),
    "warbler users set-password alice < password.txt",
  );
}

/** `warbler users` */
export const usersWord = () =>
  example(
    new Command("users")
      .summary("find, show, disable, enable, kick, delete, set-password")
      .description("Users of the app.")
      .addCommand(find())
      .addCommand(show())
      .addCommand(disable())
      .addCommand(enable())
      .addCommand(kick())
      .addCommand(remove())
      .addCommand(setPassword()),
    "warbler users show alice",
  );
