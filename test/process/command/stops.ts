import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { z } from "zod";
import { type Shared, ended, hasLines, passOn, rowsOf, serving } from "./kit.ts";

const Rejected = z.object({ line: z.int() });

/** The names of rows, in the order of an export. */
const namesOf = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}`).toSorted();

/** What happens where an import ends before its end, and how it goes on. */
export function stops(get: () => Shared): void {
  /** A service in between that withholds the answers of imports, which take effect, but for the next `count`. */
  async function withholding() {
    const underWay = 409;
    let left = 0;
    let turn = 0;
    let withheld = Promise.withResolvers<true>();
    const proxy = await serving((request, response) => {
      const began = turn;
      passOn(get().checkout, request, response, (status, body) => {
        const answer = () => response.writeHead(status).end(body);
        if (request.method === "GET" || status === underWay) return answer();
        // Who asked in an earlier turn has been killed.
        if (began !== turn) return response.destroy();
        return left-- > 0 ? answer() : withheld.resolve(true);
      });
    });
    return {
      ...proxy,
      /** Lets so many be answered. Returns when one has been withheld. */
      async answer(count: number): Promise<void> {
        left = count;
        turn++;
        withheld = Promise.withResolvers();
        await withheld.promise;
      },
    };
  }

  const exportedNames = async (prefix: string) =>
    (await get().warbler.exported(prefix)).map(({ username }) => username).toSorted();

  it("one that is killed again and again goes on, and every row is there and every reason told once", async () => {
    const { warbler } = get();
    const path = warbler.path("killed.ndjson");
    const rows = rowsOf("killed", 2500);
    const wrong = [7, 1100, 2400];
    for (const at of wrong) rows.splice(at, 0, '{"username":"killed_wrong","wrong":1}\n');
    writeFileSync(path, rows.join(""));
    const proxy = await withholding();
    const args = ["import", path, "--url", proxy.origin];
    for (const done of [1, 2, 4]) {
      const child = warbler.start(...args, "--calls", "2");
      const end = ended(child);
      const isWithheld = proxy.answer(done === 4 ? 2 : 1);
      await isWithheld;
      await hasLines(`${path}.import-log`, 1 + done);
      child.kill("SIGKILL");
      expect((await end).signal).toBe("SIGKILL");
    }
    void proxy.answer(Infinity);
    const ran = await warbler.run(...args);
    expect(ran.out).toMatch(/^2,503 rows, 2,000 of them by an earlier run in .*: 2,500 created, 3 failed$/m);
    proxy.close();
    expect(await exportedNames("killed")).toEqual(namesOf("killed", 2500));
    const reasons = warbler
      .lines("killed.ndjson.rejected.ndjson")
      .map((line) => Rejected.parse(JSON.parse(line)).line);
    expect(reasons.toSorted((one, other) => one - other)).toEqual(wrong.map((at) => at + 1));
  });

  it("a signal has it end by that signal when what is under way is answered, and say how to go on", async () => {
    const { warbler, checkout } = get();
    const path = warbler.path("signalled.ndjson");
    writeFileSync(path, rowsOf("signalled", 1500).join(""));
    const held: (() => void)[] = [];
    const isThere = Promise.withResolvers<true>();
    let isHolding = true;
    const proxy = await serving((request, response) => {
      passOn(checkout, request, response, (status, body) => {
        const answer = () => response.writeHead(status).end(body);
        if (request.method === "GET" || !isHolding) return answer();
        held.push(answer);
        return isThere.resolve(true);
      });
    });
    const child = warbler.start("import", path, "--url", proxy.origin);
    const end = ended(child);
    const said = new Promise<string>((done) =>
      child.stderr?.once("data", (chunk: Buffer) => done(chunk.toString())),
    );
    await isThere.promise;
    child.kill("SIGINT");
    expect(await said).toBe("Stopping after the calls under way; again: at once.\n");
    isHolding = false;
    for (const answer of held) answer();
    expect(await end).toMatchObject({
      signal: "SIGINT",
      err: expect.stringContaining("warbler: stopped after 500 rows; the same command goes on from there\n"),
    });
    expect(await warbler.does("import", path, "--url", proxy.origin)).toContain(
      "500 of them by an earlier run",
    );
    proxy.close();
    expect(await exportedNames("signalled")).toEqual(namesOf("signalled", 1500));
  });

  it("a service that goes away is waited for, for as long as its patience, and then it says how to go on", async () => {
    const { warbler, checkout } = get();
    const path = warbler.path("away.ndjson");
    writeFileSync(path, rowsOf("away", 1000).join(""));
    let calls = 0;
    const proxy = await serving((request, response) => {
      if (request.method === "POST" && ++calls > 1) return response.destroy();
      return passOn(checkout, request, response);
    });
    const { code, err } = await warbler.run("import", path, "--url", proxy.origin, "--patience", "2");
    proxy.close();
    expect(calls).toBeGreaterThan(2);
    expect(err).toMatch(/broke off: .*\nwarbler: 500 rows are done; the same command goes on from there\n$/);
    expect(code).toBe(1);
  });

  it("a service that is not there from the start is told of in a sentence, and nothing is written", async () => {
    const { warbler } = get();
    const path = warbler.path("absent.ndjson");
    writeFileSync(path, rowsOf("absent", 1).join(""));
    const closed = await serving(() => undefined);
    closed.close();
    const { code, out, err } = await warbler.run("import", path, "--url", closed.origin, "--patience", "1");
    expect(err).toMatch(/^warbler: [^\n]*nothing answers there[^\n]*\n$/);
    expect([code, out]).toEqual([1, ""]);
  });

  it("a token without the scope is refused with what it lacks, and nothing goes in", async () => {
    const { warbler, checkout } = get();
    const path = warbler.path("unscoped.ndjson");
    writeFileSync(path, rowsOf("unscoped", 600).join(""));
    const response = await fetch(`${checkout.origin}/admin/tokens`, {
      method: "POST",
      headers: { app_id: checkout.app, "root-key": checkout.rootKey, "content-type": "application/json" },
      body: JSON.stringify({ name: "unscoped", role: "viewer" }),
    });
    const { token } = z.object({ data: z.object({ token: z.string() }) }).parse(await response.json()).data;
    const { code, err } = await warbler.run("import", path, "--token", token);
    expect(err).toMatch(/^warbler: 10010 [^\n]*import[^\n]*\n$/);
    expect(code).toBe(1);
    const out = await warbler.run("export", warbler.path("out.ndjson"), "--token", token);
    expect([out.code, out.err]).toEqual([1, expect.stringMatching(/^warbler: 10010 [^\n]*\n$/)]);
    expect(await warbler.exported("unscoped")).toEqual([]);
  });

  it("a gzip that is cut short goes as far as it goes, and the whole one goes on from there", async () => {
    const { warbler } = get();
    const path = warbler.path("cut.ndjson.gz");
    // What is at random takes room when zipped: the cut is far behind the first rows.
    const rows = rowsOf("cut", 1200).map((row) =>
      JSON.stringify({ ...JSON.parse(row), private_info: Math.random() }),
    );
    const lines = rows.map((row) => row.replace(/"private_info":([\d.e-]+)/, '"private_info":"$1"'));
    const whole = gzipSync(lines.join("\n"));
    writeFileSync(path, whole.subarray(0, whole.length - 100));
    const cut = await warbler.run("import", path);
    expect(cut.err).toMatch(/cut\.ndjson\.gz is cut short: its gzip has no end/);
    expect(cut.code).toBe(1);
    writeFileSync(path, whole);
    expect((await warbler.run("import", path)).code).toBe(0);
    expect(await exportedNames("cut")).toEqual(namesOf("cut", 1200));
  });
}
