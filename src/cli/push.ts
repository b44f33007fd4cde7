import { Command } from "commander";
import { asAdmin } from "./connection.ts";
import { idsOf } from "./find-user.ts";
import { instantOf, shownInstant } from "./instants.ts";
import { example, printerOf } from "./words.ts";

/** Most users of one call. */
const MOST_AT_ONCE = 100;

interface RouteOptions {
  urgent?: true;
  skipOnline?: true;
  at?: string;
}

function route(): Command {
  return example(
    new Command("route")
      .description(
        "Ask whether users may be pushed, on which devices and with which push tokens. It sends nothing.",
      )
      .argument("<user...>", "ids or usernames")
      .option("--urgent", "as an urgent push would be judged")
      .option("--skip-online", "leave out devices that are connected")
      .option("--at <when>", "as at a date, or after a span such as 8h (default: now)")
      .action(async (users: string[], { urgent, skipOnline, at }: RouteOptions, command: Command) => {
        const client = asAdmin(command);
        const order = {
          ...(urgent && { urgent }),
          ...(skipOnline && { skip_online: true }),
          ...(at !== undefined && { at: instantOf(at, "--at", "from now") }),
        };
        const ids = await idsOf(client, users);
        const printer = printerOf(command);
        for (let from = 0; from < ids.length; from += MOST_AT_ONCE) {
          const list = ids.slice(from, from + MOST_AT_ONCE);
          const { data } = await client.routePush({ list, ...order });
          if (printer.isJson) printer.lines(data);
          else
            printer.rows(
              [
                ["user", ({ user_id }) => user_id],
                ["pushed", ({ push }) => (push ? "yes" : "no")],
                ["why not", ({ reason }) => reason],
                ["until", ({ until }) => shownInstant(until)],
                ["device", ({ device }) => device?.device_sn],
                ["notifier", ({ device }) => device?.notifier_name],
                ["push token", ({ device }) => device?.device_token],
              ],
              data.flatMap(({ devices, ...route }) =>
                (devices.length === 0 ? [undefined] : devices).map((device) => ({ ...route, device })),
              ),
              "",
            );
        }
      }),
    "warbler push route alice --at 8h",
  );
}

/** `warbler push` */
export const pushWord = () =>
  example(
    new Command("push")
      .summary("route: whether a push would go out, and where")
      .description("What becomes of pushes.")
      .addCommand(route()),
    "warbler push route alice",
  );
