import { getTableName, is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import devices from "../../docs/devices.md?raw";
import errors from "../../docs/errors.md?raw";
import storage from "../../docs/storage.md?raw";
import settings from "../../wrangler.toml?raw";
import { apiPage } from "../../scripts/pages/api.ts";
import { appOperations, staffOperations } from "../../scripts/pages/operations.ts";
import { limitsPage } from "../../scripts/pages/limits.ts";
import { noticeEvents } from "../../src/client/events.ts";
import { reasons } from "../../src/domain/reasons.ts";
import { refusalMeanings } from "../../src/domain/refusal-meanings.ts";
import { faults } from "../../src/http/refusals.ts";
import { TOKEN_DEAD, UNNUMBERED, notices } from "../../src/protocol/notices.ts";
import { allNotices, deviceCloses } from "../../src/protocol/messages.ts";
import { operations } from "../../src/operations/index.ts";
import * as schema from "../../src/store/schema.ts";
import { newApp } from "./kit/client.ts";
import { hubOf } from "./kit/faults.ts";

/** `npm run pages` runs this with `-u`, which writes the pages; without it a page that is behind fails. */
describe("a page that is made says what serves", () => {
  it("docs/api.md: every operation as declared", async () => {
    await expect(apiPage(operations)).toMatchFileSnapshot("../../docs/api.md");
  });

  it("docs/limits.md: every limit as enforced", async () => {
    await expect(limitsPage(operations, settings)).toMatchFileSnapshot("../../docs/limits.md");
  });

  it("src/client/generated: every operation that an app calls", async () => {
    const file = "../../src/client/generated/operations.ts";
    await expect(appOperations(operations)).toMatchFileSnapshot(file);
  });

  it("src/server/generated: every operation that an admin calls", async () => {
    const file = "../../src/server/generated/operations.ts";
    await expect(staffOperations(operations)).toMatchFileSnapshot(file);
  });
});

/** The cells of the rows of a page's tables. */
function rowsOf(page: string): string[][] {
  const lines = page.split("\n").filter((line) => line.startsWith("|"));
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);

describe("a page that is written has all there is", () => {
  it("docs/errors.md: every refusal with its code and its status", () => {
    const written = rowsOf(errors).flatMap(([code = "", status = "", names = ""]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => ({
        name,
        code: Number(code),
        status: Number(status),
      })),
    );
    const known = Object.entries(reasons).map(([name, { code, status }]) => ({ name, code, status }));
    const refusals = written.filter(({ code, status }) => code > 0 && status > 0);
    expect(refusals.toSorted(byName)).toEqual(known.toSorted(byName));
  });

  it("docs/errors.md: every fault in the order of their statuses, and none said twice", () => {
    const [, told = ""] = errors.split("## Faults");
    const written = rowsOf(told.split("\n## ")[0] ?? "").slice(2);
    const statuses = written.map(([status]) => Number(status));
    expect(statuses).toEqual(statuses.toSorted((a, b) => a - b));
    expect([...new Set(statuses)]).toEqual(Object.keys(faults).map(Number));
    expect(new Set(written.map(([, when]) => when)).size).toBe(written.length);
  });

  it("docs/devices.md: every notice with its number, and the client knows them all", () => {
    const numbers = { ...notices, [TOKEN_DEAD]: UNNUMBERED };
    const names = new Set<string>(Object.keys(numbers));
    const written = rowsOf(devices).flatMap(([name = "", number]) => {
      const plain = name.replaceAll("`", "");
      return names.has(plain) ? [[plain, Number(number)]] : [];
    });
    expect(Object.fromEntries(written)).toEqual(numbers);
    expect([...noticeEvents].toSorted()).toEqual([...names].toSorted());
  });

  it("docs/errors.md and docs/devices.md say of codes what /docs/codes and /docs/socket say", () => {
    const told = new Set([...rowsOf(errors), ...rowsOf(devices)].map((cells) => JSON.stringify(cells)));
    const isTold = (...cells: unknown[]) => told.has(JSON.stringify(cells.map(String)));
    // One row of the page stands for all reasons that have one code.
    const shared = Map.groupBy(Object.entries(reasons), ([, { code }]) => code);
    const alone = Object.entries(reasons).filter(([, { code }]) => shared.get(code)?.length === 1);
    const meanings = new Map<string, string>(Object.entries(refusalMeanings));
    expect(
      alone.filter(([name, { code, status }]) => !isTold(code, status, `\`${name}\``, meanings.get(name))),
    ).toEqual([]);
    const notTold = allNotices.filter(({ name, number, close = "", when, does }) => {
      const shown = name === TOKEN_DEAD ? "" : number;
      return !isTold(`\`${name}\``, shown, close, when, does);
    });
    expect(notTold).toEqual([]);
    const behind = new Set<string>(allNotices.map(({ name }) => name));
    // 1012 stands in one row with 1006, which is no close that anybody sends.
    const others = deviceCloses.filter(({ name }) => !behind.has(name) && name !== "restart");
    expect(others.filter(({ code, when, does }) => !isTold(code, when, does))).toEqual([]);
  });

  it("docs/storage.md: every table of D1 and of a hub", async () => {
    const headings = new Set([...storage.matchAll(/^### (\w+)$/gm)].map(([, name]) => name));
    const tables = Object.values(schema).flatMap((each) =>
      is(each, SQLiteTable) ? [getTableName(each)] : [],
    );
    expect(tables.length).toBeGreaterThan(10);
    expect(tables.filter((name) => !headings.has(name))).toEqual([]);
    const app = await newApp();
    const { user } = await app.session();
    const made = await runInDurableObject(hubOf(app, user), (_, { storage: { sql } }) =>
      sql
        .exec<{ name: string }>(
          "select name from sqlite_master where type = 'table' and name not glob '_*' and name not glob 'sqlite_*'",
        )
        .toArray()
        .map(({ name }) => name),
    );
    expect(made.length).toBeGreaterThan(5);
    const rows = new Set(rowsOf(storage).map(([name = ""]) => name.replaceAll("`", "")));
    expect(made.filter((name) => !rows.has(name))).toEqual([]);
  });
});
