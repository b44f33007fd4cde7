import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

/** Fails where the schema says something that migrations/ does not: `npm run migration` writes what is missing. */
const copy = mkdtempSync(join(tmpdir(), "migrations-"));
try {
  cpSync("migrations", copy, { recursive: true });
  const before = readdirSync(copy).length;
  const out = relative(".", copy);
  const options = ["generate", "--dialect", "sqlite", "--schema", "src/store/schema.ts", "--out", out];
  const generated = spawnSync("drizzle-kit", options, { encoding: "utf8" });
  if (generated.status !== 0 || readdirSync(copy).length !== before) {
    console.error(generated.stdout, generated.stderr);
    console.error(
      "migrations/ is behind src/store/schema.ts: run `npm run migration` and read what it writes",
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(copy, { recursive: true });
}
