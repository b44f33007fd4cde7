import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const folder = "src/hub";
const textOf = (file: string) => readFileSync(join(folder, file), "utf8");
/** The tables of a new hub. */
const [today = ""] = textOf("tables.ts").split("const steps");
const subjects = readdirSync(folder).filter((file) => file !== "tables.ts");

const tables = new Set(
  [...today.matchAll(/create table (\w+)/g)].map(([, name = ""]) => name).filter((name) => name !== "steps"),
);

/** The tables that a file writes. */
function writtenBy(file: string): Set<string> {
  const writes =
    /(?:insert(?: or \w+)? into|update|delete from|drop table|alter table) (\w+)(?= \(|\n| set | where |[;"`])/g;
  const names = [...textOf(file).matchAll(writes)].map(([, name = ""]) => name);
  return new Set(names.filter((name) => tables.has(name)));
}

it("each table of a hub is written by the file of its subject, and by no other", () => {
  const writers = [...tables].map((table) => [
    table,
    subjects.filter((file) => writtenBy(file).has(table)).join(" and "),
  ]);
  expect(Object.fromEntries(writers)).toEqual({
    user: "user.ts",
    sessions: "sessions.ts",
    devices: "devices.ts",
    releases: "releases.ts",
    session_releases: "releases.ts",
    receipts: "receipts.ts",
    answers: "answers.ts",
    keyed_answers: "answers.ts",
    ended: "ended.ts",
    outbox: "outbox.ts",
    copies: "copies.ts",
    generation: "generation.ts",
    counts: "counts.ts",
    failures: "throttle.ts",
    failure_minutes: "throttle.ts",
    addresses: "throttle.ts",
  });
});
