import { Command } from "commander";
import { asAdmin } from "./connection.ts";
import { WrongWords } from "./failure.ts";
import { instantOf, shownInstant } from "./instants.ts";
import { ROWS, example, printerOf, showList, withLimit } from "./words.ts";

/** Most events of one call. */
const MOST_AT_ONCE = 100;

function dead(): Command {
  return example(
    withLimit(new Command("dead").description("List events that were given up, the oldest first.")).action(
      async ({ limit = ROWS }: { limit?: number }, command: Command) => {
        const client = asAdmin(command);
        await showList(
          command,
          limit,
          async (cursor, limit) => await client.listDeadEvents({ cursor, limit }),
          [
            ["id", ({ id }) => id],
            ["event", ({ type }) => type],
            ["made", ({ created_at }) => shownInstant(created_at)],
            ["given up", ({ dead_at }) => shownInstant(dead_at)],
            ["last error", ({ last_error }) => last_error],
          ],
          "No event was given up.",
        );
      },
    ),
    "warbler webhooks dead",
  );
}

function deliveries(): Command {
  return example(
    withLimit(
      new Command("deliveries").description("List the tries of the last 7 days, newest first."),
    ).action(async ({ limit = ROWS }: { limit?: number }, command: Command) => {
      const client = asAdmin(command);
      await showList(
        command,
        limit,
        async (cursor, limit) => await client.listDeliveries({ cursor, limit }),
        [
          ["at", ({ at }) => shownInstant(at)],
          ["event", ({ type }) => type],
          ["id", ({ event_id }) => event_id],
          ["try", ({ try: nth }) => nth],
          ["delivered", ({ delivered }) => delivered],
          ["answer", ({ status, error }) => (status === 0 ? error : status)],
          ["ms", ({ ms }) => ms],
        ],
        "Nothing was delivered.",
      );
    }),
    "warbler webhooks deliveries --limit 20",
  );
}

function replay(): Command {
  return example(
    new Command("replay")
      .description("Send events anew that were given up.")
      .argument("[id...]", "which, as the list of the dead has them")
      .option("--since <when>", "all that were given up since a date, or a span such as 24h")
      .action(async (ids: string[], { since }: { since?: string }, command: Command) => {
        if ((ids.length === 0) === (since === undefined))
          throw new WrongWords("say which events: their ids, or --since in their place");
        const client = asAdmin(command);
        const sent: string[] = [];
        if (since !== undefined) {
          const from = instantOf(since, "--since", "ago");
          for (let more = true; more;) {
            const answer = await client.replayEvents({ since: from });
            sent.push(...answer.data);
            ({ more } = answer);
          }
        }
        for (let at = 0; at < ids.length; at += MOST_AT_ONCE) {
          const list = ids.slice(at, at + MOST_AT_ONCE);
          sent.push(...(await client.replayEvents({ ids: list })).data);
        }
        const printer = printerOf(command);
        if (printer.isJson) return printer.lines(sent.map((id) => ({ id })));
        const others = ids.filter((id) => !sent.includes(id));
        if (others.length > 0) printer.say(`Not dead: ${others.join(", ")}`);
        printer.say(`${sent.length} sent anew.`);
      }),
    "warbler webhooks replay --since 24h",
  );
}

/** `warbler webhooks` */
export const webhooksWord = () =>
  example(
    new Command("webhooks")
      .summary("dead, deliveries, replay: events on their way")
      .description("Events on their way to the app's webhook.")
      .addCommand(dead())
      .addCommand(deliveries())
      .addCommand(replay()),
    "warbler webhooks dead",
  );
