import { Command, Option } from "commander";
import type { ImportOptions } from "./run-import.ts";
import { example, integer } from "./words.ts";

/** How many calls are under way at once: more are no quicker. */
const CALLS = 4;
/** For how long a service that does not answer is waited for (s). */
const PATIENCE = 300;

/** `warbler import` */
export const importWord = () =>
  example(
    new Command("import")
      .summary("bring users in: lines of JSON or CSV, also zipped")
      .description(
        "Makes users of the rows of a file, or of stdin where it is -. A run that was stopped goes on where it was.\nRows that fail are written to FILE.rejected.ndjson with the reason, and the others go in.",
      )
      .argument("<file>", ".ndjson, .jsonl or .csv with a header, each also as .gz; or -")
      .addOption(
        new Option("--mode <mode>", "insert: who is there stays; upsert: is changed")
          .choices(["insert", "upsert"])
          .default("insert"),
      )
      .option("--dry-run", "say what would become of each row, and write nothing")
      .addOption(
        new Option("--format <format>", "what is in it, where its name does not say").choices([
          "ndjson",
          "csv",
        ]),
      )
      .option("--calls <count>", "calls under way at once", integer(1, 32), CALLS)
      .option(
        "--patience <seconds>",
        "how long to wait for a service that is away",
        integer(0, 86_400),
        PATIENCE,
      )
      .option("--log <path>", "what is done (default: FILE.import-log)")
      .option("--rejected <path>", "rows that fail (default: FILE.rejected.ndjson)")
      .option("--restart", "begin anew, whatever the log says")
      .option("--quiet", "do not tell how far it is")
      .action(async (file: string, options: ImportOptions, command: Command) => {
        const { runImport } = await import("./run-import.ts");
        await runImport(file, options, command);
      }),
    "warbler import users.csv.gz --dry-run",
    "warbler import users.csv.gz",
  );
