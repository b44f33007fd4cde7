import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type Shared, ended, passOn, rowsOf, serving } from "./kit.ts";

/** What an import keeps beside its file. */
export function files(get: () => Shared): void {
  it("its log is read wherever its last write was cut off", async () => {
    const { warbler } = get();
    const path = warbler.path("torn.ndjson");
    writeFileSync(path, rowsOf("torn", 1200).join(""));
    await warbler.does("import", path);
    const log = readFileSync(`${path}.import-log`);
    expect(statSync(`${path}.import-log`).mode & 0o777).toBe(0o600);
    const [head = 0, first = 0] = [...log.toString().matchAll(/\n/g)].map(({ index }) => index + 1);
    for (const length of [0, 1, head - 1, head, head + 1, first - 1, first, log.length - 1]) {
      writeFileSync(`${path}.import-log`, log.subarray(0, length));
      const { code, out } = await warbler.run("import", path);
      // Without its first line it is another import, for which all names are taken.
      const [isAnother, end] = length < head ? [3, ": 1,200 failed"] : [0, ": 1,200 created"];
      expect([length, code, out]).toEqual([length, isAnother, expect.stringContaining(end)]);
    }
  });

  it("a file that was changed where it is done is noticed before anything is sent; one that has grown goes on", async () => {
    const { warbler } = get();
    const path = warbler.path("changed.ndjson");
    const rows = rowsOf("changed", 600);
    writeFileSync(path, rows.join(""));
    await warbler.does("import", path);
    writeFileSync(path, [...rows, ...rowsOf("changed_more", 2)].join(""));
    expect(await warbler.does("import", path)).toContain("602 rows, 600 of them by an earlier run");
    const sentence = `${path} has changed where it was imported already: bring back the file that was, or begin anew with --restart`;
    for (const changed of [rows.slice(0, 550), [...rows.slice(1), ...rowsOf("changed_new", 900)]]) {
      writeFileSync(path, changed.join(""));
      const { code, err } = await warbler.run("import", path);
      expect(err).toContain(sentence);
      expect(code).toBe(1);
    }
    expect(await warbler.exported("changed_new")).toEqual([]);
    const anew = await warbler.run("import", path, "--restart");
    expect([anew.code, anew.out]).toEqual([3, expect.stringContaining("1,499 rows in")]);
  });

  it("a log of another import is none of this one", async () => {
    const { warbler } = get();
    const path = warbler.path("other.ndjson");
    writeFileSync(path, rowsOf("other", 2).join(""));
    await warbler.does("import", path);
    const asUpsert = await warbler.run("import", path, "--mode", "upsert");
    expect(asUpsert).toMatchObject({
      code: 1,
      err: expect.stringContaining("with --mode insert: name another with --log"),
    });
    writeFileSync(warbler.path("no-log.ndjson"), rowsOf("no_log", 2).join(""));
    const notALog = await warbler.run("import", path, "--log", warbler.path("no-log.ndjson"));
    expect(notALog).toMatchObject({ code: 1, err: expect.stringContaining("is no log of an import") });
    expect((await warbler.run("import", path, "--log", path)).code).toBe(2);
    expect((await warbler.run("import", path, "--rejected", path)).code).toBe(2);
    expect((await warbler.run("import", path, "--log", "/dev/full")).err).toContain(
      "is no file that a log could be",
    );
    expect(readFileSync(path, "utf8")).toBe(rowsOf("other", 2).join(""));
  });

  it("a second run beside the first is refused", async () => {
    const { warbler, checkout } = get();
    const path = warbler.path("twice.ndjson");
    writeFileSync(path, rowsOf("twice", 2).join(""));
    const isThere = Promise.withResolvers<() => void>();
    const proxy = await serving((request, response) => {
      if (request.method === "GET") return passOn(checkout, request, response);
      return isThere.resolve(() => passOn(checkout, request, response));
    });
    const first = ended(warbler.start("import", path, "--url", proxy.origin));
    const letGo = await isThere.promise;
    const second = await warbler.run("import", path);
    expect(second).toMatchObject({
      code: 1,
      err: `warbler: an import of ${path} is under way already: wait for it, or stop it\n`,
    });
    letGo();
    expect((await first).code).toBe(0);
    proxy.close();
    expect(existsSync(`${path}.import-log.lock`)).toBe(false);
  });

  it("a log that cannot be written stops it, and it goes on when there is room", async () => {
    const { warbler } = get();
    const path = warbler.path("full.ndjson");
    writeFileSync(path, rowsOf("full", 6000).join(""));
    // No file may become larger than a block; who is told of it by the system is told by the write as well.
    const script = 'trap "" XFSZ; ulimit -f 1; exec "$0" src/cli/warbler.mjs import "$1"';
    const full = await ended(spawn("sh", ["-c", script, process.execPath, path], { env: warbler.whole }));
    expect(full.err).toMatch(
      /full\.ndjson\.import-log cannot be written: it may not become as large as that here; make room, or name another place with --log\nwarbler: .* rows are done; the same command goes on from there\n$/,
    );
    expect(full.code).toBe(1);
    expect(await warbler.does("import", path)).toMatch(/^6,000 rows, .*: 6,000 created$/m);
    expect(await warbler.exported("full")).toHaveLength(6000);
  });

  it("a folder that is not there is a sentence", async () => {
    const { warbler } = get();
    const path = warbler.path("nowhere.ndjson");
    writeFileSync(path, rowsOf("nowhere", 1).join(""));
    const { code, err } = await warbler.run("import", path, "--log", warbler.path("nowhere/log"));
    expect(err).toMatch(/nowhere\/log.* cannot be written: .*\n$/);
    expect(code).toBe(1);
    expect(await warbler.exported("nowhere")).toEqual([]);
  });
}
