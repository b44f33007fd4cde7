import { Command } from "commander";
import { banColumns } from "./ban-columns.ts";
import { asAdmin } from "./connection.ts";
import { idOf } from "./find-user.ts";
import { instantOf, shownInstant } from "./instants.ts";
import { ROWS, example, showList, withLimit } from "./words.ts";

interface AuditOptions {
  user?: string;
  caller?: string;
  operation?: string;
  since?: string;
  until?: string;
  limit?: number;
}

/** `warbler audit` */
export const auditWord = () =>
  example(
    withLimit(
      new Command("audit")
        .summary("who did what for whom, newest first")
        .description("Lists who did what for whom, newest first. Records are kept for 180 days.")
        .option("--user <user>", "for this user: an id or a username")
        .option("--caller <who>", "by admin:<name>, user:<id>, root or system")
        .option("--operation <id>", "this operation, or session.<event>")
        .option("--since <when>", "a date, or a span such as 24h")
        .option("--until <when>", "a date, or a span such as 1h"),
    ).action(async (options: AuditOptions, command: Command) => {
      const client = asAdmin(command);
      const { user, caller, operation, since, until } = options;
      const filter = {
        caller,
        operation,
        ...(user !== undefined && { user_id: await idOf(client, user) }),
        ...(since !== undefined && { since: instantOf(since, "--since", "ago") }),
        ...(until !== undefined && { until: instantOf(until, "--until", "ago") }),
      };
      await showList(
        command,
        options.limit ?? ROWS,
        async (cursor, limit) => await client.listAudit({ ...filter, cursor, limit }),
        [
          ["at", ({ at }) => shownInstant(at)],
          ["caller", ({ caller }) => caller],
          ["operation", ({ operation }) => operation],
          ["user", ({ subject }) => subject],
          ["device", ({ device_sn }) => device_sn],
          ["reason", ({ reason }) => reason],
          ["address", ({ address }) => address],
        ],
        "There are no such records.",
      );
    }),
    "warbler audit --user alice --since 7d",
  );

/** `warbler bans` */
export const bansWord = () =>
  example(
    withLimit(
      new Command("bans")
        .summary("the bans there are and were, newest first")
        .description("Lists the bans that there are and were, newest first.")
        .option("--user <user>", "of this user: an id or a username"),
    ).action(async ({ user, limit = ROWS }: { user?: string; limit?: number }, command: Command) => {
      const client = asAdmin(command);
      const filter = user === undefined ? {} : { user_id: await idOf(client, user) };
      await showList(
        command,
        limit,
        async (cursor, limit) => await client.listBans({ ...filter, cursor, limit }),
        [["user", ({ user_id }) => user_id], ...banColumns],
        "There are no bans.",
      );
    }),
    "warbler bans --limit 20",
  );
