import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { z } from "zod";
import { type Shared, passOn, rowsOf, serving } from "./kit.ts";

/** Lines of CSV: more than one call takes. */
const rowsBehind = (name: string) => Array.from({ length: 598 }, (_, at) => `${name}${at + 2},Someone`);

/** What --json tells of an import. */
const Told = z.object({
  rows: z.int(),
  created: z.int(),
  unchanged: z.int(),
  failed: z.int(),
  earlier: z.int(),
});

const MiB = 1024 * 1024;

/** Three users who are called so. */
const piped = (nick_name: string) =>
  rowsOf("piped", 3)
    .map((row, at) => JSON.stringify({ ...JSON.parse(row), external_id: `piped-${at}`, nick_name }))
    .join("\n");

/** What becomes of the rows of a file. */
export function imports(get: () => Shared): void {
  it("rows that are wrong are rejected with their reason, each once, and the others go in", async () => {
    const { warbler } = get();
    const [first = "", second = "", third = ""] = rowsOf("good", 3);
    const [unknown, broken, long] = [
      '{"username":"unknown","nick":1}',
      '{"username":',
      `{"x":"${"y".repeat(5 * MiB)}"}`,
    ];
    const latin1 = Buffer.from('{"username":"latin","nick_name":"\xe9"}\n', "latin1");
    const text = `\ufeff${first}\n${unknown}\n${broken}\n${long}\n${second}`;
    writeFileSync(
      warbler.path("mixed.ndjson"),
      Buffer.concat([Buffer.from(text), latin1, Buffer.from(third.trim())]),
    );
    const ran = await warbler.run("import", warbler.path("mixed.ndjson"));
    expect(ran.out).toMatch(/^7 rows in .*: 3 created, 4 failed$/m);
    expect(ran.err).toMatch(/^warbler: 4 rows failed: .*mixed.ndjson.rejected.ndjson says why$/m);
    expect(ran.code).toBe(3);
    const rejected = () =>
      warbler.lines("mixed.ndjson.rejected.ndjson").map((line): unknown => JSON.parse(line));
    const told = [
      { line: 3, reason: "nick is no field of a row", row: { username: "unknown", nick: 1 } },
      { line: 4, reason: "the row is no JSON", text: '{"username":' },
      {
        line: 5,
        reason: `the row has ${5 * MiB + 8} bytes: ${4 * MiB - 1} at most`,
        text: expect.any(String),
      },
      { line: 7, reason: "the row is no UTF-8", text: expect.any(String) },
    ];
    expect(rejected()).toEqual(told);
    expect((await warbler.run("import", warbler.path("mixed.ndjson"))).code).toBe(3);
    expect(rejected()).toEqual(told);
    expect((await warbler.exported("good")).map(({ username }) => username)).toEqual([
      "good0",
      "good1",
      "good2",
    ]);
  });

  it("takes CSV: a mark of the byte order, fields of fields, flags, numbers, lists, quoted lines", async () => {
    const { warbler } = get();
    const lines = [
      "\ufeffusername,nick_name,settings.no_push,settings.auth_mode,push.tags,devices,external_id,password_hash",
      '表一,"two ""quoted""\r\nlines",true,2,"[""a"",""b""]","[{""device_guid"":""g""}]",0042,',
      '表二,,FALSE,,,[],,"{""algorithm"":""md5"",""hash"":""900150983cd24fb0d6963f7d28e17f72""}"',
      "表三,x",
      "表四,,perhaps,,,,,",
      "表五,,,,,[],,{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=",
    ];
    writeFileSync(warbler.path("users.csv.gz"), gzipSync(`${lines.join("\r\n")}\r\n`));
    const ran = await warbler.run("import", warbler.path("users.csv.gz"));
    expect(ran).toMatchObject({ code: 3, out: expect.stringContaining(": 3 created, 2 failed\n") });
    expect(warbler.lines("users.csv.gz.rejected.ndjson").map((line): unknown => JSON.parse(line))).toEqual([
      { line: 5, reason: "the row has 2 cells, the header 8", text: "表三,x," },
      {
        line: 6,
        reason: expect.stringContaining("settings must be"),
        row: { username: "表四", settings: { no_push: "perhaps" } },
      },
    ]);
    const [one, two, five] = await warbler.exported("表");
    expect(one).toMatchObject({
      username: "表一",
      nick_name: 'two "quoted"\r\nlines',
      external_id: "0042",
      settings: { no_push: true, auth_mode: 2 },
      push: { tags: ["a", "b"] },
      devices: [{ device_guid: "g" }],
    });
    expect(two).toMatchObject({ username: "表二", settings: { no_push: false } });
    expect(five).toMatchObject({ username: "表五" });
  });

  it.each([
    ["open", 'bob,"Bob', "line 3 opens a quote that is never closed"],
    ["inside", 'bob,"Bob" the builder', "line 3 has a quote that neither begins nor ends its cell"],
  ])(
    "stops at a quote that breaks the rows of CSV (%s): no row behind it is lost unseen",
    async (name, broken, why) => {
      const { warbler } = get();
      const file = warbler.path(`${name}.csv`);
      const rows = (third: string) =>
        ["username,nick_name", `${name}0,Zero`, third, ...rowsBehind(name), ""].join("\n");
      writeFileSync(file, rows(broken));
      const stopped = await warbler.run("import", file);
      expect(stopped).toMatchObject({ code: 1, err: expect.stringContaining(why) });
      expect(warbler.lines(`${name}.csv.rejected.ndjson`)).toEqual([]);
      writeFileSync(file, rows(`${name}1,One`));
      expect(await warbler.does("import", file)).toContain("600 created");
    },
  );

  it.each([
    [
      "a.csv",
      "alice,Alice\nbob,Bob\n",
      "has no header: its first line must name the columns, username among them",
    ],
    ["b.csv", "", "has no header"],
    ["c.csv", "username,nick\nalice,Alice\n", "column 2 is called nick, which is no field of a row"],
    ["d.csv", "nick_name,email\nAlice,\n", "has no header with a username"],
    ["e.csv", "username,push,push.tags\nalice,,\n", "push.tags and push is there twice"],
    ["f.ndjson", '[{"username":"alice"}]', "it looks like a JSON list: jq -c '.[]' makes lines of it"],
    ["g.ndjson", "username,nick_name\nalice,Alice\n", "is no file of lines of JSON, an object each: line 1"],
    ["h.ndjson", gzipSync("PK\u0003\u0004").toString("latin1"), "is no file of lines of JSON"],
  ])("%s is no file of rows", async (name, text, sentence) => {
    const { warbler } = get();
    writeFileSync(warbler.path(name), text, "latin1");
    const { code, err } = await warbler.run("import", warbler.path(name));
    expect(err).toContain(sentence);
    expect(code).toBe(2);
  });

  it("a dry run says what would become of each row, and leaves nothing", async () => {
    const { warbler } = get();
    writeFileSync(warbler.path("dry.ndjson"), [...rowsOf("dry", 2), '{"username":"1"}\n'].join(""));
    const ran = await warbler.run("import", warbler.path("dry.ndjson"), "--dry-run");
    expect(ran).toMatchObject({ code: 3, out: expect.stringContaining("would be 2 created, 1 failed") });
    expect(warbler.lines("dry.ndjson.dry-run.rejected.ndjson")).toHaveLength(1);
    expect([warbler.lines("dry.ndjson.import-log"), await warbler.exported("dry")]).toEqual([[], []]);
  });

  it("stdin is taken, and rows that are there can be changed by upsert", async () => {
    const { warbler } = get();
    const rejected = ["--rejected", warbler.path("stdin")];
    expect((await warbler.fed(piped("one"), "import", "-", ...rejected)).code).toBe(0);
    const same = await warbler.fed(gzipSync(piped("one")), "import", "-", "--json", ...rejected);
    expect(Told.parse(JSON.parse(same.out))).toMatchObject({ rows: 3, unchanged: 3 });
    expect((await warbler.fed(piped("two"), "import", "-", ...rejected)).code).toBe(3);
    expect((await warbler.fed(piped("two"), "import", "-", "--mode", "upsert", ...rejected)).code).toBe(0);
    expect(await warbler.exported("piped")).toEqual(
      Array(3).fill(expect.objectContaining({ nick_name: "two" })),
    );
  });

  it("calls are of 500 rows and 4 MiB at most, bear a key, and are sent again after 429, 503 and a broken connection", async () => {
    const { warbler, checkout } = get();
    const calls: { rows: number; bytes: number; key: unknown }[] = [];
    const waits: number[] = [];
    let busyAt = 0;
    const proxy = await serving((request, response) => {
      if (request.method === "GET") return passOn(checkout, request, response);
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks);
        const key = request.headers["idempotency-key"];
        calls.push({ rows: body.toString().split("\n").length - 1, bytes: body.length, key });
        if (calls.length === 3) waits.push(performance.now() - busyAt);
      });
      const nth = calls.length;
      if (nth === 0) return request.on("end", () => response.destroy());
      if (nth === 1)
        return request.on("end", () => {
          busyAt = performance.now();
          response
            .writeHead(429, { "retry-after": "2" })
            .end('{"code":429,"message":"too many calls","data":null}');
        });
      return passOn(checkout, request, response);
    });
    const large = Array.from({ length: 8 }, (_, at) =>
      JSON.stringify({ username: `large${at}`, public_info: "x".repeat(16_000), devices: [] }),
    );
    writeFileSync(warbler.path("many.ndjson"), [...rowsOf("many", 700), large.join("\n")].join(""));
    const out = await warbler.does("import", warbler.path("many.ndjson"), "--url", proxy.origin, "--json");
    proxy.close();
    expect(Told.parse(JSON.parse(out))).toMatchObject({ rows: 708, created: 708, failed: 0 });
    expect(calls.map(({ rows }) => rows)).toEqual([500, 500, 500, 208]);
    expect(Math.max(...calls.map(({ bytes }) => bytes))).toBeLessThanOrEqual(4 * MiB);
    const keys = calls.map(({ key }) => key);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(new Set(keys).size).toBe(2);
    expect(waits[0]).toBeGreaterThanOrEqual(2000);
    expect(readFileSync(warbler.path("many.ndjson.import-log"), "utf8").split("\n")).toHaveLength(4);
  });

  it("rows of many bytes are cut into calls of 4 MiB", async () => {
    const { warbler } = get();
    const sizes: number[] = [];
    const proxy = await serving((request, response) => {
      if (request.method === "GET") return response.end('{"code":200,"message":"","data":true}');
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      return request.on("end", () => {
        const rows = Buffer.concat(chunks).toString().trim().split("\n");
        sizes.push(Buffer.concat(chunks).length);
        const data = rows.map((_row: string, at: number) => ({ row: at + 1, result: "created", reason: "" }));
        response.end(JSON.stringify({ code: 200, message: "", data }));
      });
    });
    const row = `{"username":"large","public_info":"${"x".repeat(MiB)}"}\n`;
    const ran = await warbler.fed(row.repeat(10), "import", "-", "--url", proxy.origin);
    proxy.close();
    expect([ran.code, sizes.length]).toEqual([0, 4]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * MiB);
  });

  it("a token that is not good is told of once, and nothing else is sent", async () => {
    const { warbler } = get();
    writeFileSync(warbler.path("token.ndjson"), rowsOf("token", 3000).join(""));
    const { code, err } = await warbler.run("import", warbler.path("token.ndjson"), "--token", "wa_nobody");
    expect(err).toMatch(/^warbler: 10008 [^\n]*\n$/);
    expect(code).toBe(1);
    expect(await warbler.exported("token")).toEqual([]);
  });
}
