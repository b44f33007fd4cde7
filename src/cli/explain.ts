import { Argument, Command, Option } from "commander";
import { askSecret } from "./ask.ts";
import { asAdmin } from "./connection.ts";
import { WrongWords } from "./failure.ts";
import { idOf } from "./find-user.ts";
import { instantOf, shownInstant } from "./instants.ts";
import { PLATFORMS } from "./show-user.ts";
import { example, integer, printerOf } from "./words.ts";

const subjects = { call: "call", "sign-in": "sign_in", connect: "connect", push: "push" } as const;

type Subject = keyof typeof subjects;

interface Options {
  byToken?: true;
  request?: string;
  device?: number;
  guid?: string;
  platform?: string;
  address?: string;
  origin?: string;
  at?: string;
}

const signs = (passed: boolean | null) => (passed === null ? "?" : passed ? "ok" : "STOP");

/** `warbler explain` */
export const explainWord = () =>
  example(
    new Command("explain")
      .summary("what stands in the way of a user, and what helps")
      .description("Says what stands in the way of a user, since when, by whom, and what helps.")
      .addArgument(new Argument("<what>", "of what").choices(Object.keys(subjects)))
      .argument("[user]", "an id or a username; left out with --by-token, or with a --request of a record")
      .option("--by-token", "of a user's token, typed unseen or read from stdin")
      .option("--request <id>", "for the moment of this X-Request-Id")
      .option("--device <serial>", "of this device's session", integer(1, Number.MAX_SAFE_INTEGER))
      .option("--guid <guid>", "of a device that tells this device_guid")
      .addOption(new Option("--platform <name>", "of a device of this platform").choices(PLATFORMS.slice(1)))
      .option("--address <ip>", "from this address")
      .option("--origin <origin>", "from a web page of this origin")
      .option("--at <when>", "as at a date, or after a span such as 8h (default: now)")
      .action(async (what: Subject, user: string | undefined, options: Options, command: Command) => {
        const { byToken, request, device, guid, platform, address, origin, at } = options;
        if (byToken ? user !== undefined : user === undefined && request === undefined)
          throw new WrongWords("say one: a user, --by-token, or a --request of a record");
        const client = asAdmin(command);
        // In a body: a token stands in no log of the way.
        const { data } = await client.explainToken({
          for: subjects[what],
          ...(user !== undefined && { user_id: await idOf(client, user) }),
          ...(byToken && { token: await askSecret("token") }),
          ...(request !== undefined && { request_id: request }),
          ...(device !== undefined && { device_sn: device }),
          ...(guid !== undefined && { device_guid: guid }),
          ...(platform !== undefined && { platform: PLATFORMS.indexOf(platform) }),
          ...(address !== undefined && { address }),
          ...(origin !== undefined && { origin }),
          ...(at !== undefined && { at: instantOf(at, "--at", "from now") }),
        });
        const printer = printerOf(command);
        if (printer.isJson) return printer.lines([data]);
        const { verdict, code, reason, gates } = data;
        printer.say(
          verdict === "let_through"
            ? "Let through."
            : `Not let through: ${reason}${code === 0 ? "" : ` (${code})`}.`,
        );
        printer.rows(
          [
            ["", ({ passed }) => signs(passed)],
            ["gate", ({ gate }) => gate],
            ["since", ({ since }) => shownInstant(since)],
            ["by", ({ by }) => by],
            ["lifts", ({ lifts_at }) => shownInstant(lifts_at)],
            ["fact", ({ fact }) => fact],
          ],
          gates,
          "",
        );
        for (const { gate, remedy } of gates) if (remedy !== "") printer.say(`${gate}: ${remedy}`);
      }),
    "warbler explain sign-in alice",
  );
