import { z } from "zod";
import { webhookBody, webhookData, webhookTypes } from "../../src/domain/events.ts";
import { reasons } from "../../src/domain/reasons.ts";
import { Schemas } from "../../src/http/schemas.ts";
import type { Level, Operation } from "../../src/http/operation.ts";

/*
 * The operations as plain TypeScript, for the packages: what each is sent, what it answers and how it is asked for. The types name
 * nothing of zod, hono or the Worker, so that who installs a package needs none of them.
 */

const Node = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  not: z.unknown().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  maxItems: z.number().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  required: z.array(z.string()).optional(),
  description: z.string().optional(),
});

type Node = z.infer<typeof Node>;

const plainTypes: Record<string, string> = {
  integer: "number",
  number: "number",
  string: "string",
  boolean: "boolean",
  null: "null",
};

const comment = (text: string | undefined) =>
  text === undefined || text === "true or false" ? [] : [`/** ${text.replaceAll("*/", "* /")} */`];

const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`.trimEnd());

/** Writes types, and keeps those that have a name of their own. */
class Types {
  /** The text of each named type. */
  readonly named = new Map<string, string>();
  readonly schemas = new Schemas();

  /** A schema as a type. Where it has a name, the name stands for it. */
  of(schema: unknown): string {
    const node = Node.parse(schema);
    const name = node.$ref?.split("/").at(-1);
    if (name !== undefined) {
      this.#name(name, Node.parse(this.schemas.named[name]));
      return name;
    }
    return this.#plain(node);
  }

  #name(name: string, node: Node): void {
    if (this.named.has(name)) return;
    this.named.set(name, "");
    this.named.set(name, this.#plain(node));
  }

  #plain(node: Node): string {
    if (node.not !== undefined) return "never";
    if (node.const !== undefined) return JSON.stringify(node.const);
    if (node.enum) return node.enum.map((value) => JSON.stringify(value)).join(" | ");
    const any = node.anyOf ?? node.oneOf;
    if (any) return [...new Set(any.map((each) => this.of(each)))].join(" | ");
    if (node.allOf) return node.allOf.map((each) => `(${this.of(each)})`).join(" & ");
    if (Array.isArray(node.type)) {
      return node.type.map((type) => this.#plain({ ...node, type })).join(" | ");
    }
    if (node.type === "array") return node.maxItems === 0 ? "[]" : `Array<${this.of(node.items ?? {})}>`;
    if (node.properties) return this.#object(node.properties, node.required ?? []);
    if (node.type === "object") {
      const { additionalProperties: each } = node;
      return `Record<string, ${typeof each === "object" ? this.of(each) : "unknown"}>`;
    }
    return plainTypes[node.type ?? ""] ?? "unknown";
  }

  #object(properties: Record<string, unknown>, required: readonly string[]): string {
    if (Object.keys(properties).length === 0) return "object";
    const lines = Object.entries(properties).flatMap(([name, each]) => {
      const type = this.of(each);
      const isRequired = required.includes(name);
      const field = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
      const rest = isRequired ? `: ${type};` : `?: ${type} | undefined;`;
      return [...comment(Node.parse(each).description), ...`${field}${rest}`.split("\n")];
    });
    return ["{", ...indented(lines), "}"].join("\n");
  }
}

/** What an operation answers; lines are read as the rows that they are, and what the last of them says. */
function answerOf(operation: Operation, { schemas }: Types): Node {
  const data = schemas.of(operation.data);
  if (operation.streams) {
    const cursor = { type: "string", description: "there as long as there is more" };
    const count = { type: "integer", description: "with the last page: how many there were in all" };
    const rows = { type: "array", items: data };
    return { type: "object", properties: { data: rows, cursor, count }, required: ["data"] };
  }
  const beside = operation.beside ? Node.parse(schemas.of(operation.beside)) : {};
  return {
    type: "object",
    properties: { data, ...beside.properties },
    required: ["data", ...(beside.required ?? [])],
  };
}

/** The one method by which a package asks: POST where it may be one, which every runtime and every proxy lets through whole. */
function methodOf({ methods }: Operation): string {
  return methods.find((method) => method === "POST") ?? methods[0];
}

/** How an operation is asked for: method, path, and what its body is where that is not JSON. */
function routeOf(operation: Operation): string {
  const { from, path, streams } = operation;
  const special = streams ? " lines" : from === "text" || from === "rows" ? ` ${from}` : "";
  return `${methodOf(operation)} ${path}${special}`;
}

function declared(operation: Operation, types: Types): string[] {
  const note = operation.tellsDevices ? " The user's other devices hear of it." : "";
  const params = `params: ${types.of(types.schemas.of(operation.params))};`;
  const answer = `answer: ${types.of(answerOf(operation, types))};`;
  return [
    ...comment(`${operation.summary}.${note}`),
    `${operation.id}: {`,
    ...indented([...params.split("\n"), ...answer.split("\n")]),
    "};",
  ];
}

/** A group of operations that the same may call: its name, who that is, and what it is. */
interface Group {
  name: string;
  callers: readonly Level[];
  what: string;
}

function fileOf(
  operations: readonly Operation[],
  groups: readonly Group[],
  more: (types: Types) => string[],
): string {
  const types = new Types();
  const parts = groups.flatMap(({ name, callers, what }) => {
    // Of the SDK's dialect only that SDK has any use; sockets are no calls.
    const ours = operations.filter(
      ({ caller, tag, socket }) => callers.includes(caller) && tag !== "sdk" && !socket,
    );
    const body = ours.flatMap((operation) => declared(operation, types));
    const routes = ours.map((operation) => `${operation.id}: ${JSON.stringify(routeOf(operation))},`);
    const table = `${name.charAt(0).toLowerCase()}${name.slice(1)}Routes`;
    return [
      `/** ${what} */`,
      `export interface ${name}Operations {`,
      ...indented(body),
      "}",
      "",
      "/** How each of them is asked for: method, path, and what its body or its answer is where that is not JSON. */",
      `export const ${table} = {`,
      ...indented(routes),
      "} as const;",
      "",
    ];
  });
  const behind = more(types);
  const named = [...types.named].flatMap(([name, text]) => [`export type ${name} = ${text};`, ""]);
  return [
    "// Made by `npm run pages` from the declarations in src/operations. Change those, not this file.",
    "",
    ...named,
    ...parts,
    ...behind,
  ]
    .join("\n")
    .replace(/\n*$/, "\n");
}

/** What a device's app calls, and what it is refused for, for `src/client/generated/operations.ts`. */
export function appOperations(operations: readonly Operation[]): string {
  const names = Object.keys(reasons).map((name) => `  | ${JSON.stringify(name)}`);
  return fileOf(
    operations,
    [
      { name: "Public", callers: ["public"], what: "What is called without a token." },
      {
        name: "User",
        callers: ["user"],
        what: "What a signed-in user calls, and an admin on behalf of one.",
      },
      { name: "Session", callers: ["session"], what: "What only the user's own session calls." },
    ],
    () => ["/** The name of a refusal. */", "export type RefusalReason =", `${names.join("\n")};`],
  );
}

/** What is posted to a webhook, by its type. */
function webhookEvents(types: Types): string[] {
  const events = webhookTypes.flatMap((name) => [
    ...comment(webhookData[name].description),
    ...`${JSON.stringify(name)}: ${types.of(types.schemas.of(webhookBody(name)))};`.split("\n"),
  ]);
  const what = "/** What an app's webhook hears, by its type. */";
  return [what, "export interface WebhookEvents {", ...indented(events), "}"];
}

/** What admins call beside what is a user's, for `src/server/generated/operations.ts`. */
export function staffOperations(operations: readonly Operation[]): string {
  const scopes = operations.flatMap(({ id, scope, caller }) => {
    if (scope !== undefined) return [`${id}: ${JSON.stringify(scope)},`];
    return caller === "root" ? [`${id}: "root",`] : [];
  });
  return fileOf(
    operations,
    [
      { name: "Admin", callers: ["admin"], what: "What an admin token calls." },
      {
        name: "Subject",
        callers: ["admin for user"],
        what: "What an admin token calls on behalf of a user, and no user does.",
      },
      { name: "Root", callers: ["root"], what: "What the root key calls." },
      { name: "Shared", callers: ["root or admin"], what: "What the root key and an admin token call." },
    ],
    (types) => [
      ...webhookEvents(types),
      "",
      '/** The scope that each operation needs of an admin token; "root" where it takes the root key alone. */',
      "export const scopes = {",
      ...indented(scopes),
      "} as const;",
    ],
  );
}
