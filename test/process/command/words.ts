import { readFileSync, statSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { type Shared, Warbler, ended, serving } from "./kit.ts";

/** All words of the command. */
const all = [
  "login",
  "health",
  "apps list",
  "apps create",
  "apps show",
  "apps settings",
  "apps suspend",
  "apps resume",
  "tokens list",
  "tokens create",
  "tokens revoke",
  "users find",
  "users show",
  "users disable",
  "users enable",
  "users kick",
  "users delete",
  "users set-password",
  "explain",
  "bans",
  "audit",
  "push route",
  "webhooks dead",
  "webhooks deliveries",
  "webhooks replay",
  "import",
  "export",
];

/** How the command is told what to do, and what it says where that is wrong. */
export function words(get: () => Shared): void {
  it("its help fits a screen, names all words, and docs/command.md quotes it", async () => {
    const help = await get().warbler.does("--help");
    const lines = help.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    for (const word of all) expect(help).toContain(word.split(" ")[0]);
    expect(readFileSync("docs/command.md", "utf8")).toContain(help.trimEnd());
  });

  it("the help of each word has an example, and docs/command.md has the word with all of its options", async () => {
    const page = readFileSync("docs/command.md", "utf8");
    for (const word of all) {
      const help = await get().warbler.does(...word.split(" "), "--help");
      expect(help).toMatch(/\nExample:\n {2}warbler /);
      const example = /Example:\n {2}(.*)/.exec(help)?.[1] ?? "";
      expect(example).toContain(`warbler ${word}`);
      const lines = help.trimEnd().split("\n");
      expect([word, Math.max(80, ...lines.map((line) => line.length))]).toEqual([word, 80]);
      const row = page.split("\n").find((line) => line.startsWith(`| \`warbler ${word}`)) ?? "";
      const options = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option = ""]) => option);
      const missing = options.filter((option) => option !== "--help" && !row.includes(`\`${option}`));
      expect([word, row === "", missing]).toEqual([word, false, []]);
    }
  });

  it("npx warbler runs it in the checkout", () => {
    const { stdout, status } = spawnSync("npx", ["warbler", "health", "--json"], {
      cwd: get().checkout.directory,
      env: { ...process.env, WARBLER_URL: get().checkout.origin },
      encoding: "utf8",
    });
    expect(stdout.split("\n")[0]).toMatch(/^\{"part":"service","ok":true,"ms":\d+\}$/);
    expect(status).toBe(0);
  });

  it.each([
    [["nonsense"], "unknown command 'nonsense'"],
    [["users", "find", "--nonsense"], "unknown option '--nonsense'"],
    [["users", "find", "--limit", "0"], "It must be an integer of 1–1000000000."],
    [["users", "show"], "missing required argument 'user'"],
    [["audit", "--since", "yesterday"], "--since must be a date"],
    [["apps", "settings", "demo", "nme=x"], "nme=x sets nothing: say name=value"],
    [["import", "users.xlsx"], "give --format ndjson or --format csv"],
    [["import", "no-such-file.csv"], "there is no such file"],
    [["import", "a.csv", "--mode", "replace"], "Allowed choices are insert, upsert"],
    [["health", "--url", "im.example"], "say it as https://im.example"],
  ])("%j are wrong words", async (args, sentence) => {
    const { code, out, err } = await get().warbler.run(...args);
    expect(err).toContain(sentence);
    expect(code).toBe(2);
    expect(out).toBe("");
  });

  it("says which of what it must know is missing", async () => {
    const bare = new Warbler({});
    expect(await bare.run("users", "find")).toMatchObject({
      code: 2,
      err: "warbler: say where the service is: run warbler login, set WARBLER_URL or give --url\n",
    });
    const { err } = await bare.run("apps", "list", "--url", get().checkout.origin);
    expect(err).toContain("say the root key: run warbler login --root, set WARBLER_ROOT_KEY or give --token");
  });

  it("a service that is away is a sentence", async () => {
    const away = await serving(() => undefined);
    away.close();
    for (const word of ["users find", "import -", "export", "health"]) {
      const { code, err } = await get().warbler.run(...word.split(" "), "--url", away.origin);
      expect(err).toBe(
        `warbler: ${away.origin}: nothing answers there (ECONNREFUSED); is the service running, and the URL right?\n`,
      );
      expect(code).toBe(1);
    }
  });

  it("what is no answer of the service is a sentence", async () => {
    const other = await serving((_request, response) => response.writeHead(404).end("<html>"));
    const { code, err } = await get().warbler.run("users", "find", "--url", other.origin);
    other.close();
    expect(err).toMatch(/answered HTTP 404 and no answer of Warbler: is the URL right\?\n$/);
    expect(code).toBe(1);
  });

  it("login keeps a token for its owner alone, and shows it to no other service", async () => {
    const { checkout } = get();
    const own = new Warbler({});
    const at = ["--url", checkout.origin, "--app", checkout.app];
    const wrong = await own.fed("wa_wrong\n", "login", ...at);
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining("10008") });
    expect((await own.run("users", "find")).code).toBe(2);
    const { code, out } = await own.fed(`${checkout.adminToken}\n`, "login", ...at);
    expect([code, out]).toEqual([
      0,
      `Kept the admin token for ${checkout.origin} in ${own.path("profile.json")}\n`,
    ]);
    expect(statSync(own.path("profile.json")).mode & 0o777).toBe(0o600);
    await own.does("users", "find", "--limit", "1");
    expect((await own.fed(`${checkout.rootKey}\n`, "login", "--root")).code).toBe(0);
    await own.does("apps", "list");
    await own.does("users", "find", "--limit", "1");
    const heard: unknown[] = [];
    const other = await serving((request, response) => {
      heard.push(request.headers);
      response.end();
    });
    const there = await own.run("users", "find", "--url", other.origin);
    other.close();
    expect(there).toMatchObject({ code: 2, err: expect.stringContaining("say the admin token") });
    expect(heard).toEqual([]);
    spawnSync("chmod", ["644", own.path("profile.json")]);
    expect((await own.run("users", "find")).err).toContain("run chmod 600");
    writeFileSync(own.path("profile.json"), "{");
    spawnSync("chmod", ["600", own.path("profile.json")]);
    expect((await own.run("users", "find")).err).toContain(
      "is no profile: run warbler login to write it anew",
    );
    const told = {
      WARBLER_URL: checkout.origin,
      WARBLER_APP: checkout.app,
      WARBLER_TOKEN: checkout.adminToken,
    };
    const knows = new Warbler({ ...told, WARBLER_PROFILE: own.path("profile.json") });
    await knows.does("users", "find", "--limit", "1");
    expect((await own.fed(`${checkout.adminToken}\n`, "login", ...at)).code).toBe(0);
    await own.does("users", "find", "--limit", "1");
  });

  it.each([
    [{ WARBLER_TOKEN: "wa_one\nwa_two" }, "what was given is no admin token"],
    [{ WARBLER_APP: "商店" }, "商店 is no app"],
  ])("what no header can hold is refused at once, and no secret shown", async (wrong, why) => {
    const { warbler } = get();
    const ran = await new Warbler({ ...warbler.environment, ...wrong }).run("users", "find");
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining(why) });
    expect(ran.err).not.toContain("wa_");
  });

  it("one who has read enough ends it in silence", async () => {
    const child = get().warbler.start("users", "find");
    child.stdout?.destroy();
    expect(await ended(child)).toMatchObject({ code: 0, err: expect.not.stringContaining("EPIPE") });
  });
}
