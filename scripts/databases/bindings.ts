import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { bindingOf, numberOf } from "../../src/store/numbering.ts";

const settings = "wrangler.toml";
/** Where it is written until it is whole. */
const draft = ".wrangler/wrangler.toml";

/** An id that no database of an account has: what is bound by it is there on this machine alone. */
const placeholder = /^0{8}-/;

/** A database as wrangler.toml binds it. */
export interface Bound {
  number: number;
  binding: string;
  /** What it is bound to. */
  id: string;
  /** It is bound to no database of an account yet. */
  isLocal: boolean;
}

/** What a user database is bound to that is on this machine alone. */
const localId = (number: number) => `00000000-0000-0000-0000-${String(number).padStart(12, "0")}`;

/** A user database as it is bound where it is on this machine alone. */
export function unbound(number: number): Bound {
  return { number, binding: bindingOf(number), id: localId(number), isLocal: true };
}

const section = /\[\[d1_databases\]\]\n(?:.+\n)+/g;

/** The databases that are bound, the directory first. */
export function boundDatabases(): Bound[] {
  const sections = readFileSync(settings, "utf8").match(section) ?? [];
  const found = sections.flatMap((text): Bound[] => {
    const value = (name: string) => new RegExp(`^${name} = "(.*)"$`, "m").exec(text)?.[1] ?? "";
    const binding = value("binding");
    const number = binding === bindingOf(0) ? 0 : numberOf(binding);
    const id = value("database_id");
    return number === undefined ? [] : [{ number, binding, id, isLocal: placeholder.test(id) }];
  });
  return found.toSorted((one, other) => one.number - other.number);
}

/** What a user database is called in the account. */
export function nameOf(number: number): string {
  // By the directory's own name, which is no other deployment's in the account.
  const [, directory = "warbler"] =
    /binding = "DB"\s+database_name = "([^"]+)"/.exec(readFileSync(settings, "utf8")) ?? [];
  return `${directory}-users-${number}`;
}

/**
 * Binds a user database in wrangler.toml, to an id of the account or, without one, on this machine alone. The file is the one
 * before or the one after, whenever this ends.
 */
export function bind(number: number, id = localId(number)): void {
  const text = readFileSync(settings, "utf8");
  const binding = `binding = "${bindingOf(number)}"`;
  const sections = [...text.matchAll(section)];
  const known = sections.find(([each]) => each.includes(binding));
  const last = known ?? sections.at(-1);
  if (!last) throw new Error(`${settings} binds no database`);
  const lines = [
    "[[d1_databases]]",
    binding,
    `database_name = "${nameOf(number)}"`,
    `database_id = "${id}"`,
    'migrations_dir = "migrations"',
  ];
  const written = `${lines.join("\n")}\n`;
  const start = known ? last.index : last.index + last[0].length;
  const rest = text.slice(last.index + last[0].length);
  mkdirSync(dirname(draft), { recursive: true });
  writeFileSync(draft, `${text.slice(0, start)}${known ? written : `\n${written}`}${rest}`);
  renameSync(draft, settings);
}
