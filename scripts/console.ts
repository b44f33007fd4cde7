import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Lays out in `dist/assets` what the assets binding serves: the console of `src/console`, what the pages of the reference load of
 * `src/reference`, and the one file of their reader. Does nothing where what is there was made of the same sources.
 */

const sources = "src/console";
/** What the page is made of beside them. */
const shared = ["src/client", "src/server"];
const target = "dist/assets";
/** Of which sources the assets were made. */
const mark = "dist/assets.mark";
const reference = "src/reference";
const reader = "node_modules/@scalar/api-reference/dist/browser/standalone.js";

const headers = `\
/console*
  Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'
  Cross-Origin-Opener-Policy: same-origin
  Permissions-Policy: camera=(), geolocation=(), microphone=()
  Referrer-Policy: no-referrer
  X-Content-Type-Options: nosniff
  X-Frame-Options: DENY
/console/assets/*
  Cache-Control: public, max-age=31536000, immutable
`;

/** What the assets are made of, as one hash. */
function fingerprint(): string {
  const hash = createHash("sha256");
  const files = [sources, reference, ...shared]
    .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of [...files.toSorted(), "scripts/console.ts", "package.json"]) {
    hash.update(`${file}\0`).update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

/** Builds the console where its sources have changed. */
export async function buildConsole(): Promise<void> {
  const made = fingerprint();
  if (existsSync(mark) && readFileSync(mark, "utf8") === made) return;
  // Vite takes half a second to be loaded, which only a build needs.
  const { build } = await import("vite");
  rmSync(target, { recursive: true, force: true });
  await build({
    configFile: false,
    root: sources,
    base: "/console/",
    logLevel: "warn",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir: `${process.cwd()}/${target}/console`,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: "es2022",
    },
  });
  cpSync(reference, `${target}/docs`, { recursive: true });
  cpSync(reader, `${target}/docs/reader.js`);
  writeFileSync(`${target}/_headers`, headers);
  writeFileSync(mark, made);
}

if (import.meta.main) await buildConsole();
