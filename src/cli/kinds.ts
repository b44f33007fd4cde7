import type { AdminOperations, RootOperations } from "../server/index.ts";
import { askSecret } from "./ask.ts";
import { WrongWords } from "./failure.ts";

/*
 * What the fields of the API are, for who writes them as text: cells of CSV, and words of a command. The compiler holds these
 * tables to the declarations: a field that is missing here, or of another kind, is an error.
 */

/** How a text is read. `either` is JSON where it is some, else a text. */
export type Kind = "text" | "integer" | "flag" | "json" | "either";

type KindOf<T> = [unknown] extends [T]
  ? "either"
  : [T] extends [string]
    ? "text"
    : [T] extends [number]
      ? "integer"
      : [T] extends [boolean]
        ? "flag"
        : [T] extends [readonly unknown[]]
          ? "json"
          : [T] extends [object]
            ? string extends keyof T
              ? "json"
              : KindsOf<T>
            : "either";

type KindsOf<T> = { readonly [K in keyof T]-?: KindOf<NonNullable<T[K]>> };

/** A row of the import, as its line of JSON. */
type Row = AdminOperations["importUsers"]["params"]["rows"][number];

const rowKinds: KindsOf<Row> = {
  external_id: "text",
  user_id: "either",
  username: "text",
  password: "text",
  password_hash: "either",
  status: "integer",
  ban: { reason: "text", note: "text", until: "integer" },
  created_at: "integer",
  avatar: "text",
  nick_name: "text",
  description: "text",
  mobile: "text",
  email: "text",
  public_info: "text",
  private_info: "text",
  settings: {
    auth_mode: "integer",
    auth_question: "text",
    auth_answer: "text",
    auto_download: "flag",
    group_confirm: "flag",
    no_push: "flag",
    no_push_detail: "flag",
    no_push_start_hour: "integer",
    no_push_end_hour: "integer",
    no_sounds: "flag",
    push_nick_name: "text",
    push_token: "text",
    silence_start_time: "integer",
    silence_end_time: "integer",
    vibratory: "flag",
    time_zone: "text",
    push_schedule: "json",
  },
  push: { alias: "text", tags: "json", badge: "integer" },
  devices: "json",
};

type AppSettings = RootOperations["setApp"]["params"];

const appKinds: KindsOf<Omit<AppSettings, "sign_in_policy">> & { sign_in_policy: "json" } = {
  name: "text",
  status: "integer",
  registration: "text",
  token_ttl: "integer",
  sign_in_policy: "json",
  device_ttl: "integer",
  webhook_url: "text",
  allowed_origins: "json",
  time_zone: "text",
  push_secret: "text",
  webhook_secret: "text",
};

/** The columns of CSV, by their names: a field of a field has a dot, and the whole of one is JSON. */
export const columns: ReadonlyMap<string, Kind> = new Map(
  Object.entries<Kind | Record<string, Kind>>(rowKinds).flatMap(([name, kind]): [string, Kind][] =>
    typeof kind === "string"
      ? [[name, kind]]
      : [
          [name, "json"],
          ...Object.entries(kind).map(([inner, each]): [string, Kind] => [`${name}.${inner}`, each]),
        ],
  ),
);

const readers: Record<Kind, (text: string) => unknown> = {
  text: (text) => text,
  integer: (text) => (/^-?\d{1,15}$/.test(text.trim()) ? Number(text) : text),
  flag(text) {
    const word = text.trim().toLowerCase();
    return word === "true" ? true : word === "false" ? false : text;
  },
  json: jsonIn,
  either: (text) => (text.startsWith("{") ? jsonIn(text) : text),
};

/** The value that a text spells for a kind. A text that spells none stays one, for the service to refuse. */
export function valueOf(kind: Kind, text: string): unknown {
  return readers[kind](text);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const secretNames: ReadonlySet<string> = new Set<keyof AppSettings>(["push_secret", "webhook_secret"]);

/**
 * Settings of an app, of words such as `name=Shop`. A secret is the word `name=-`, for which it is asked, or `name=`, which takes it
 * away; refuses one that stands in the words, where every process of the machine can read it.
 */
export async function appSettings(words: readonly string[]): Promise<AppSettings> {
  const given: Record<string, unknown> = {};
  const kinds = new Map<string, Kind>(Object.entries(appKinds));
  const asked: string[] = [];
  for (const word of words) {
    const [, name = "", text = ""] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
    const kind = kinds.get(name);
    if (kind === undefined)
      throw new WrongWords(
        `${word} sets nothing: say name=value, with one of ${[...kinds.keys()].join(", ")}`,
      );
    if (!secretNames.has(name) || text === "") given[name] = valueOf(kind, text);
    else if (text === "-") asked.push(name);
    else
      throw new WrongWords(
        `others can read the words of a command: say ${name}=- and give the secret on stdin`,
      );
  }
  if (asked.length > 1) throw new WrongWords(`${asked.join(" and ")}: give one secret at a time`);
  for (const name of asked) given[name] = await askSecret(name);
  return given;
}
