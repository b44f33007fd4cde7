import { CommanderError } from "commander";
import { Failure, exits, systemCode } from "./failure.ts";
import { Interrupted } from "./interrupt.ts";
import { plain } from "./plain.ts";
import { program } from "./program.ts";

/** Says why not all is done, in a sentence a line. */
function complain(message: string): void {
  for (const line of message.split("\n")) process.stderr.write(`warbler: ${plain(line)}\n`);
}

/** Ends with what became of the words. */
function leave(error: unknown): void {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return;
    const isHelp = error.code === "commander.help";
    if (!isHelp) complain(`${error.message.replace(/^error: /, "")}\nwarbler --help has the words`);
    process.exitCode = exits.wrongWords;
  } else if (error instanceof Failure) {
    complain(error.message);
    process.exitCode = error.exit;
    if (error instanceof Interrupted) process.kill(process.pid, error.signal);
  } else {
    complain(
      `something that nobody foresaw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    process.exitCode = exits.refused;
  }
}

// Who reads what is printed may have seen enough: what has been done stays done.
process.stdout.on("error", (error) => {
  if (systemCode(error) === "EPIPE") process.exit();
  complain(`what is printed cannot be written: ${error.message}`);
  process.exit(exits.refused);
});
// Nobody hears what could not be said.
process.stderr.on("error", () => undefined);
// A file that may not become larger is told by the write that fails.
process.on("SIGXFSZ", () => undefined);

try {
  await program().parseAsync();
} catch (error) {
  leave(error);
}
