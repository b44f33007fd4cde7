import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Fails where src/sdk/generated/ is not what src/sdk/messages.proto makes: `npm run proto` makes it anew. */
const generated = "src/sdk/generated";

function filesOf(directory: string): Record<string, string> {
  const names = readdirSync(directory).toSorted();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), "utf8")]));
}

const fresh = mkdtempSync(join(tmpdir(), "proto-"));
try {
  const options = ["generate", "src/sdk", "--template", "src/sdk/buf.gen.yaml", "--output", fresh];
  const made = spawnSync("buf", options, { encoding: "utf8" });
  const isMade = made.status === 0;
  if (!isMade) console.error(made.error?.message ?? made.stderr);
  if (!isMade || JSON.stringify(filesOf(join(fresh, generated))) !== JSON.stringify(filesOf(generated))) {
    console.error(`${generated}/ is not what src/sdk/messages.proto makes: run \`npm run proto\``);
    process.exitCode = 1;
  }
} finally {
  rmSync(fresh, { recursive: true });
}
