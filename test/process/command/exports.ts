import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { z } from "zod";
import { Exported, type Shared, Warbler, ended, passOn, rowsOf, serving } from "./kit.ts";

const Made = z.object({ token: z.string() });

/** The rows of a zipped export by name, but for the ids that they have there, as several calls are under way at once. */
const plainOf = (path: string) =>
  gunzipSync(readFileSync(path))
    .toString()
    .trim()
    .split("\n")
    .map((line) => {
      const { user_id: _id, ...row } = Exported.parse(JSON.parse(line));
      return row;
    })
    .toSorted((one, other) => (one.username < other.username ? -1 : 1));

/** What an export writes. */
export function exports(get: () => Shared): void {
  /** An app of its own. */
  async function appOf(id: string): Promise<Warbler> {
    const { warbler } = get();
    await warbler.does("apps", "create", id);
    const [made] = await warbler.reads(Made, "tokens", "create", "mover", "--app", id);
    return new Warbler({ ...warbler.environment, WARBLER_APP: id, WARBLER_TOKEN: made?.token ?? "" });
  }

  it("what it writes is imported elsewhere as it was, passwords and all", async () => {
    const from = await appOf("moving_from");
    const to = await appOf("moving_to");
    const row = { external_id: "ä", password: "wonderland", nick_name: "王", settings: { no_push: true } };
    writeFileSync(from.path("users.ndjson"), [...rowsOf("one", 1, row), ...rowsOf("many", 1200)].join(""));
    await from.does("import", from.path("users.ndjson"));
    // What somebody else has left there, and can read.
    writeFileSync(from.path("all.ndjson.gz.part"), "", { mode: 0o644 });
    const out = await from.does("export", from.path("all.ndjson.gz"), "--hashes");
    expect(out).toBe(`1,201 users are in ${from.path("all.ndjson.gz")}\n`);
    expect(statSync(from.path("all.ndjson.gz")).mode & 0o777).toBe(0o600);
    await to.does("import", from.path("all.ndjson.gz"));
    await to.does("export", to.path("again.ndjson.gz"), "--hashes");
    expect(plainOf(to.path("again.ndjson.gz"))).toEqual(plainOf(from.path("all.ndjson.gz")));
    expect(plainOf(to.path("again.ndjson.gz"))).toHaveLength(1201);
    const signIn = { name: "one0", password: "wonderland" };
    await get().checkout.call(z.looseObject({}), "POST", "/token/user", { app_id: "moving_to" }, signIn);
    const exists = await from.run("export", from.path("all.ndjson.gz"));
    expect(exists).toMatchObject({ code: 2, err: expect.stringContaining("replace it with --force") });
    expect((await from.does("export")).match(/password_hash/)).toBe(null);
  });

  it("a page that broke off is asked for again, and no user is there twice", async () => {
    const own = await appOf("breaking");
    writeFileSync(own.path("users.ndjson"), rowsOf("broken", 1100).join(""));
    await own.does("import", own.path("users.ndjson"));
    let pages = 0;
    const proxy = await serving((request, response) => {
      if (!request.url?.startsWith("/admin/export") || ++pages % 2 === 0)
        return passOn(get().checkout, request, response);
      return passOn(get().checkout, request, response, (status, body) => {
        response.writeHead(status, { "content-type": "application/x-ndjson" });
        response.end(body.subarray(0, body.length / 2));
      });
    });
    const out = await own.does("export", "-", "--quiet", "--url", proxy.origin);
    proxy.close();
    expect(pages).toBe(4);
    const names = out
      .split("\n")
      .slice(0, -1)
      .map((line) => Exported.parse(JSON.parse(line)).username);
    expect([names.length, new Set(names).size]).toEqual([1100, 1100]);
  });

  it("one that does not come to its end leaves no file, and says so", async () => {
    const { warbler, checkout } = get();
    const isAsked = Promise.withResolvers<true>();
    const proxy = await serving((request, response) => {
      if (!request.url?.startsWith("/admin/export")) return passOn(checkout, request, response);
      return isAsked.resolve(true);
    });
    const child = warbler.start("export", warbler.path("never.ndjson"), "--url", proxy.origin);
    const end = ended(child);
    await isAsked.promise;
    child.kill("SIGTERM");
    proxy.close();
    expect(await end).toMatchObject({
      signal: "SIGTERM",
      err: expect.stringContaining(`warbler: stopped: ${warbler.path("never.ndjson")} was not written\n`),
    });
    expect(existsSync(warbler.path("never.ndjson"))).toBe(false);
    expect(readdirSync(warbler.folder).filter((name) => name.startsWith("never"))).toEqual([]);
  });

  it("a reader that goes away is told of, as the export is not whole", async () => {
    const child = get().warbler.start("export", "-");
    child.stdout?.destroy();
    expect(await ended(child)).toMatchObject({
      code: 1,
      err: expect.stringContaining("warbler: nobody reads on: the export is not whole\n"),
    });
  });

  it("an app that the token is not of is refused", async () => {
    const { code, err } = await get().warbler.run("export", "--app", "nobody_s_app");
    expect([code, err]).toEqual([1, "warbler: 40000 the app does not exist\n"]);
  });
}
