import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";

/**
 * Lays out in `dist/packages` the packages for who builds on the service, ready to be published: `@warbler/client` for devices and
 * `@warbler/server` for servers. The compiler alone makes them, as modules (`esm`) and as CommonJS (`cjs`), each with its types; the
 * programs in `examples` find them by their names.
 */

const target = "dist/packages";

/** A package: what can be imported of it, by the subpath, and the file in `src` that is it. */
interface Package {
  name: string;
  /** Where it is laid out in `dist/packages`. */
  folder: string;
  description: string;
  keywords: string[];
  entries: Record<string, string>;
  /** The folder of which the files are laid out as they stand in it. */
  root: string;
  readme: string;
  /** What the CommonJS files may be written in: what mini-programs run on has not all that servers have. */
  legacy: string;
  lib: string;
  more?: Record<string, unknown>;
}

const packages: Package[] = [
  {
    name: "@warbler/client",
    folder: "client",
    description: "The device's part of Warbler: the API that an app calls, and its device's socket",
    keywords: ["warbler", "websocket", "react-native", "wechat", "miniprogram", "uni-app"],
    entries: {
      ".": "src/client/index.ts",
      "./react-native": "src/client/react-native.ts",
      "./uni": "src/client/uni.ts",
      "./wechat": "src/client/wechat.ts",
    },
    root: "src/client",
    readme: "src/client/README.md",
    legacy: "es2018",
    lib: "es2018,dom",
    // WeChat's tools take the files of this folder as they are.
    more: { miniprogram: "cjs", engines: { node: ">=20" } },
  },
  {
    name: "@warbler/server",
    folder: "server",
    description: "The servers' part of Warbler: the API of admins, and the verification of webhooks",
    keywords: ["warbler", "webhooks"],
    entries: { ".": "src/server/index.ts" },
    root: "src",
    readme: "src/server/README.md",
    legacy: "es2022",
    lib: "es2022,dom",
    more: { engines: { node: ">=20" } },
  },
];

const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync("package.json", "utf8")));

const writeJson = (path: string, value: unknown) =>
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

/** Where an entry is once it is made, without its ending. */
const madeOf = ({ root }: Package, source: string) => source.slice(root.length + 1).replace(/\.ts$/, "");

/** Has the compiler write a package in one form. */
function compile(it: Package, form: "esm" | "cjs"): void {
  const outDir = join(target, it.folder, form);
  const manner = {
    target: form === "esm" ? "es2022" : it.legacy,
    lib: it.lib,
    module: form === "esm" ? "esnext" : "commonjs",
    moduleResolution: "bundler",
    types: "",
    rootDir: it.root,
    outDir,
  };
  const flags = ["ignoreConfig", "strict", "noEmitOnError", "rewriteRelativeImportExtensions", "declaration"];
  execFileSync(
    process.execPath,
    [
      "node_modules/typescript/bin/tsc",
      ...flags.map((flag) => `--${flag}`),
      ...Object.entries(manner).flatMap(([name, value]) => [`--${name}`, value]),
      ...Object.values(it.entries),
    ],
    { stdio: "inherit" },
  );
  // The compiler rewrites the endings in what runs, and leaves them in the types.
  for (const file of readdirSync(outDir, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".d.ts")) continue;
    const path = join(outDir, file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replaceAll(/(from "\.{1,2}\/[^"]+)\.ts"/g, '$1.js"'));
  }
  writeJson(join(outDir, "package.json"), { type: form === "esm" ? "module" : "commonjs" });
}

/** What a package's files say of it. */
function manifestOf(it: Package): Record<string, unknown> {
  const exports = Object.fromEntries(
    Object.entries(it.entries).map(([subpath, source]) => {
      const file = madeOf(it, source);
      const form = (folder: string) => ({
        types: `./${folder}/${file}.d.ts`,
        default: `./${folder}/${file}.js`,
      });
      return [subpath, { import: form("esm"), require: form("cjs") }];
    }),
  );
  const main = madeOf(it, it.entries["."] ?? "");
  return {
    name: it.name,
    version,
    description: it.description,
    keywords: it.keywords,
    license: "UNLICENSED",
    type: "module",
    sideEffects: false,
    main: `./cjs/${main}.js`,
    module: `./esm/${main}.js`,
    types: `./cjs/${main}.d.ts`,
    exports: { ...exports, "./package.json": "./package.json" },
    files: ["esm", "cjs", ...subfolders(it)],
    ...it.more,
  };
}

/** The subpaths, as folders: for who does not read `exports`. */
const subfolders = ({ entries }: Package) =>
  Object.keys(entries)
    .filter((subpath) => subpath !== ".")
    .map((subpath) => subpath.slice(2));

function layOut(it: Package): void {
  const folder = join(target, it.folder);
  rmSync(folder, { recursive: true, force: true });
  compile(it, "esm");
  compile(it, "cjs");
  writeJson(join(folder, "package.json"), manifestOf(it));
  for (const name of subfolders(it)) {
    const file = madeOf(it, it.entries[`./${name}`] ?? "");
    mkdirSync(join(folder, name));
    writeJson(join(folder, name, "package.json"), {
      main: `../cjs/${file}.js`,
      module: `../esm/${file}.js`,
      types: `../cjs/${file}.d.ts`,
    });
  }
  cpSync(it.readme, join(folder, "README.md"));
}

/** Has the programs in `examples` find the packages as if they were installed there. */
function link(): void {
  const scope = "examples/node_modules/@warbler";
  rmSync(scope, { recursive: true, force: true });
  mkdirSync(scope, { recursive: true });
  for (const { folder } of packages) symlinkSync(resolve(target, folder), join(scope, folder), "junction");
}

/** Builds the packages. */
export function buildPackages(): void {
  for (const each of packages) layOut(each);
  link();
}

if (import.meta.main) buildPackages();
