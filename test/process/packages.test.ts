import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build } from "vite";
import { z } from "zod";

/** Where a stranger has installed the packages, as npm packed them. */
const project = mkdtempSync(join(tmpdir(), "packages-"));
const bin = (name: string) => resolve("node_modules/.bin", name);

beforeAll(() => {
  execFileSync(process.execPath, ["scripts/packages.ts"]);
  writeFileSync(join(project, "package.json"), '{"private":true,"type":"module"}');
});

afterAll(() => rmSync(project, { recursive: true }));

const Packed = z.tuple([z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })]);

describe.each(["client", "server"])("@warbler/%s as it is published", (name) => {
  const folder = `dist/packages/${name}`;

  it("is packed without anything else, and installed by what was packed", () => {
    const printed = execFileSync("npm", ["pack", "--json", "--pack-destination", project], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [{ filename, files }] = Packed.parse(JSON.parse(printed));
    const others = files.map(({ path }) => path).filter((path) => !/\.(js|d\.ts)$|package\.json$/.test(path));
    expect(others).toEqual(["README.md"]);
    const at = join(project, "node_modules/@warbler", name);
    execFileSync("mkdir", ["-p", at]);
    execFileSync("tar", ["-xzf", join(project, filename), "-C", at, "--strip-components=1"]);
  });

  it("imports nothing from outside itself, neither in what runs nor in its types", () => {
    const texts = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(js|ts)$/.test(file))
      .map((file) => readFileSync(join(folder, file), "utf8"));
    const named = texts.flatMap((text) => [
      ...text.matchAll(/(?:\bfrom |\bimport\(|\brequire\(|\bimport |reference \w+=)"([^"]+)"/g),
    ]);
    expect(named.length).toBeGreaterThan(20);
    expect(named.map(([, path]) => path).filter((path) => !path?.startsWith("."))).toEqual([]);
    const manifest: object = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    expect(Object.keys(manifest).filter((key) => /dependencies/i.test(key))).toEqual([]);
  });

  it("has types that are found and right however it is imported", () => {
    const found = [
      ["publint", "--strict"],
      ["attw", "--pack", "."],
    ].map(([name = "", ...words]) => {
      const { status, stdout } = spawnSync(bin(name), words, { cwd: folder, encoding: "utf8" });
      return status === 0 ? "" : stdout;
    });
    expect(found).toEqual(["", ""]);
  });
});

/** What a stranger writes; each line after a mark is refused by the types. */
const stranger = `
import { createClient, DeviceClient, Refused } from "@warbler/client";
import { wechat, type MiniProgram } from "@warbler/client/wechat";
import { uniApp } from "@warbler/client/uni";
import { reactNative } from "@warbler/client/react-native";
import { createAdmin, createRoot, verifyWebhook } from "@warbler/server";

declare const wx: MiniProgram;
export const made = [uniApp, reactNative, DeviceClient, Refused];
export async function run(): Promise<string> {
  const client = createClient({ url: "https://im.example", appId: "demo", ...wechat(wx) });
  const { data } = await client.signIn({ login_name: "ann", password: "wonderland" });
  const me = client.withToken(data.token);
  await me.setNickName({ nick_name: "Ann" });
  // @ts-expect-error -- a parameter that there is not
  await me.setNickName({ name: "Ann" });
  // @ts-expect-error -- an admin's
  await me.listUsers();
  for await (const device of me.each.listDevices()) device.device_sn.toFixed();
  // @ts-expect-error -- no list
  me.each.getProfile();
  const admin = createAdmin({ url: "https://im.example", appId: "demo", token: data.token });
  for await (const user of admin.each.listUsers({ keyword: "a" })) user.username.trim();
  for await (const row of admin.each.exportUsers()) row.username.trim();
  // @ts-expect-error -- it is for a user
  await admin.kick();
  const { results } = await admin.forUser(5).kick();
  // @ts-expect-error -- the root key's
  await admin.listApps();
  await createRoot({ url: "https://im.example", rootKey: "k" }).forApp("demo").setApp({ name: "Demo" });
  try {
    await client.register({ username: "ann", password: "wonderland" });
  } catch (error) {
    if (error instanceof Refused && error.reason === "username_taken") return error.requestId;
  }
  const { event } = await verifyWebhook({ secret: "whsec_", headers: {}, body: "" });
  if (event.actor?.kind === "admin") event.actor.name.trim();
  if (event.type === "user.disabled") return event.data.reason + String(event.data.until ?? "");
  // @ts-expect-error -- a registration has nobody who did it
  if (event.type === "user.registered") event.data.by;
  return event.type === "device.kicked" ? event.data.caller : String(results.length);
}
`;

it.each([
  ["bundlers", "esnext", "bundler", "stranger.ts"],
  ["Node's modules", "nodenext", "nodenext", "stranger.ts"],
  ["Node's CommonJS", "nodenext", "nodenext", "stranger.cts"],
])("the packages' types tell a stranger right from wrong, as %s find them", (_, module, resolution, file) => {
  writeFileSync(join(project, file), stranger);
  const manner = ["--module", module, "--moduleResolution", resolution, "--lib", "es2020", "--types", ""];
  const flags = ["--ignoreConfig", "--strict", "--noEmit", "--exactOptionalPropertyTypes"];
  const { status, stdout } = spawnSync(bin("tsc"), [...flags, ...manner, file], {
    cwd: project,
    encoding: "utf8",
  });
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

it("knows an error by what it is, whichever copy of its class has made it", () => {
  const text = `
    import { createRequire } from "node:module";
    import * as modules from "@warbler/client";
    const require = createRequire(import.meta.url);
    const copies = [modules, require("@warbler/client"), await import("@warbler/server"), require("@warbler/server")];
    const names = ["Refused", "Unanswered", "Withheld"];
    const told = { code: 10004, status: 200, retryAfterMs: undefined, requestId: "" };
    console.log(new Set(copies.map(({ Refused }) => Refused)).size);
    for (const { Refused } of copies) {
      const error = new Refused("taken", told);
      for (const copy of copies) console.log(names.filter((name) => error instanceof copy[name]).join());
    }
    console.log(names.some((name) => Object.assign(new Error(), { name }) instanceof modules[name]));`;
  const manner = ["--input-type=module", "-e", text];
  const said = execFileSync(process.execPath, manner, { cwd: project, encoding: "utf8" }).trim().split("\n");
  expect(said).toEqual(["4", ...Array<string>(16).fill("Refused"), "false"]);
});

/** KiB of what is imported, made small and packed by gzip. */
async function sizeOf(text: string): Promise<number> {
  const entry = join(project, "entry.js");
  writeFileSync(entry, text);
  const made = await build({
    configFile: false,
    root: project,
    logLevel: "silent",
    build: {
      write: false,
      minify: true,
      target: "es2022",
      lib: { entry, formats: ["es"], fileName: "entry" },
      rollupOptions: { treeshake: true },
    },
  });
  const code = [made]
    .flat()
    .flatMap((each) => ("output" in each ? each.output : []))
    .map((chunk) => ("code" in chunk ? chunk.code : ""))
    .join("");
  return gzipSync(code, { level: 9 }).length / 1024;
}

describe("the size of the device's part, as an app's bundler leaves it", () => {
  it.each([
    ["all of `@warbler/client`", 'export * from "@warbler/client";'],
    ["the socket alone", 'export { DeviceClient } from "@warbler/client";'],
    [
      "all of it, with the adapter of WeChat",
      'export * from "@warbler/client"; export * from "@warbler/client/wechat";',
    ],
    ["all of `@warbler/server`", 'export * from "@warbler/server";'],
  ])("is what docs/client.md says: %s", async (what, text) => {
    const size = await sizeOf(text);
    const [, said] = readFileSync("docs/client.md", "utf8").split(`| ${what}`);
    // To a tenth: what a bundler calls its variables takes a byte more or less.
    const told = Number(/^ *\| ([\d.]+) KiB/.exec(said ?? "")?.[1]);
    expect(Math.abs(told - size)).toBeLessThan(0.1);
    expect(size).toBeLessThan(8);
  });
});
