import { Command } from "commander";
import { appsWord } from "./apps.ts";
import { explainWord } from "./explain.ts";
import { exportWord } from "./export.ts";
import { healthWord } from "./health.ts";
import { importWord } from "./import.ts";
import { loginWord } from "./login.ts";
import { pushWord } from "./push.ts";
import { auditWord, bansWord } from "./records.ts";
import { tokensWord } from "./tokens.ts";
import { usersWord } from "./users.ts";
import { webhooksWord } from "./webhooks.ts";

/** All words, in the order in which the help has them. */
const words = [
  loginWord,
  healthWord,
  appsWord,
  tokensWord,
  usersWord,
  explainWord,
  bansWord,
  auditWord,
  pushWord,
  webhooksWord,
  importWord,
  exportWord,
];

/** The command: its words and what all of them take. */
export function program(): Command {
  const command = new Command("warbler")
    .option("--url <url>", "where the service is (WARBLER_URL)")
    .option("--app <app>", "which app (WARBLER_APP)")
    .option("--token <token>", "an admin token (WARBLER_TOKEN) or root key (WARBLER_ROOT_KEY)")
    .option("--json", "JSON for programs, a line for each thing")
    .configureHelp({ helpWidth: 80, subcommandTerm: (sub) => sub.name() })
    .helpCommand(false)
    .addHelpText("after", "\nExits with 0: done, 1: refused, 2: wrong words, 3: partly failed.");
  for (const word of words) command.addCommand(word());
  return quietly(command);
}

/** Wrong words are told by who runs the command, in one sentence. */
function quietly(command: Command): Command {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  for (const sub of command.commands) quietly(sub.copyInheritedSettings(command));
  return command;
}
