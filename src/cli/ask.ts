import { text } from "node:stream/consumers";
import { WrongWords } from "./failure.ts";

/** The longest secret that is read (characters). */
const LONGEST = 4_096;

/**
 * Reads a secret: typed by whoever sits before the terminal, and not shown; else the first line of stdin. It is never a word of
 * the command, which every process of the machine could read.
 */
export async function askSecret(what: string): Promise<string> {
  const { stdin } = process;
  const secret = stdin.isTTY ? await typed(`${what}: `) : ((await text(stdin)).split(/\r?\n/)[0] ?? "");
  if (secret === "" || secret.length > LONGEST)
    throw new WrongWords(`no ${what} was given: type it, or give it on stdin`);
  return secret;
}

/** Asks for a yes. Where nobody sits there, it is no. */
export async function askYes(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  return /^y(es)?$/i.test(await typed(`${question} [y/N] `, true));
}

/** Reads a line of the terminal, letter by letter; `isShown` shows them. */
async function typed(prompt: string, isShown = false): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  let line = "";
  try {
    for await (const chunk of stdin) {
      for (const char of String(chunk)) {
        if (char === "\r" || char === "\n" || char === "\u0004") return line;
        if (char === "\u0003") {
          stdin.setRawMode(false);
          stderr.write("\n");
          process.kill(process.pid, "SIGINT");
          return "";
        }
        const isBack = char === "\u007f" || char === "\b";
        if (isBack && line !== "") {
          line = Array.from(line).slice(0, -1).join("");
          if (isShown) stderr.write("\b \b");
        } else if (char >= " " && !isBack && line.length <= LONGEST) {
          line += char;
          if (isShown) stderr.write(char);
        }
      }
    }
    return line;
  } finally {
    stdin.setRawMode(false);
    stdin.destroy();
    stderr.write("\n");
  }
}
