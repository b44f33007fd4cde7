import { Command } from "commander";
import type { ExportOptions } from "./run-export.ts";
import { example, integer } from "./words.ts";

/** For how long a service that does not answer is waited for (s). */
const PATIENCE = 300;

/** `warbler export` */
export const exportWord = () =>
  example(
    new Command("export")
      .summary("take users out, as lines of JSON that import reads")
      .description(
        "Writes an app's users as lines of JSON, which import reads. A file is there only when all of it is.",
      )
      .argument("[file]", "where to, zipped where its name ends with .gz; or -", "-")
      .option("--hashes", "with the hashes of passwords")
      .option("--gzip", "zipped, whatever the name")
      .option("--force", "replace a file that is there")
      .option(
        "--patience <seconds>",
        "how long to wait for a service that is away",
        integer(0, 86_400),
        PATIENCE,
      )
      .option("--quiet", "do not tell how far it is")
      .action(async (file: string, options: ExportOptions, command: Command) => {
        const { runExport } = await import("./run-export.ts");
        await runExport(file, options, command);
      }),
    "warbler export users.ndjson.gz --hashes",
  );
