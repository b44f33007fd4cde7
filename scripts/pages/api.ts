import { z } from "zod";
import { rowOf } from "../../src/domain/fields.ts";
import { reasons } from "../../src/domain/reasons.ts";
import { bare } from "../../src/domain/validation.ts";
import { refusalsOf } from "../../src/http/refusals.ts";
import { schemaOf } from "../../src/http/schemas.ts";
import type { Level, Operation } from "../../src/http/operation.ts";
import { allowed } from "./allowed.ts";
import { madeFrom, page, table } from "./markdown.ts";

const intro = `\
# The API

For whoever calls the API: every operation, made from the declarations that serve it. A running service shows the same at \`/docs\`, and as OpenAPI 3.1
at \`/openapi.json\`.

Every answer is \`{"code":200,"message":"","data":…}\`; some operations put more beside \`data\`. A refusal has another code, a
sentence that says what to do, \`"data":null\` and a \`reason\`, its name. It is HTTP 200 unless a setting says otherwise: see
[refusals and faults](errors.md).

## Callers`;

const callers: Record<Level, string> = {
  public: "`app_id`",
  user: "`app_id` and `access-token`: a user's token; or an admin token with `user_id`, or with `group_id` to act as the owner of that group",
  session: "`app_id` and `access-token`: a user's own token only",
  admin: "`app_id` and `access-token`: an admin token",
  "admin for user": "`app_id` and `access-token`: an admin token, with `user_id` or `group_id`",
  root: "`root-key`, and `app_id` except for `/admin/apps`",
  "root or admin": "`app_id`, and `root-key` or an admin token",
};

const scopesNote = `\
An admin token has a _role_, which has _scopes_: where a scope stands beside an operation, an admin token without it hears
10010. [Administration](administration.md#admin-tokens) says which role has which.`;

const parameters = `\
These are headers. \`app_id\` names the app, a tenant: users, groups, push tokens and admin tokens belong to one.

## Parameters

They stand in the \`query\`, in a \`json\` body or are the whole body as \`text\`. What stands in the query of a call that is no
GET is also taken from a JSON body under the same name. A JSON value is taken in its own type only; in a query it is spelled
as in JSON, without quotes. A \`null\` in a JSON body is the parameter left out, where it may be left out. Parameters that an
operation does not know are passed over. Lengths are counted as [limits](limits.md) says.

Where several methods stand in a row, they do the same. \`rows\` are lines of JSON, a row each, as
[moving in](moving.md) has them; what else such an operation takes stands in the query.

## Sending a request again

Every POST, PUT and DELETE takes the header \`Idempotency-Key\`: 1–128 printable ASCII characters, new for each request. To one that only looks
(POST \`/admin/users\`, \`/admin/explain\`, \`/roster/list\`) it is nothing, as to a GET. The same request
under the same key within 24 hours hears the first answer, with \`Idempotency-Replayed: true\`, and does nothing a second time: so one whose
answer was lost can be sent again. A refusal is kept like a success, unless it passes by itself, as one with \`Retry-After\`; a fault is not.
Another request under the key is answered HTTP 422, one that is still under way 409. Passwords and other secrets do not tell requests apart:
send a mistyped one again under another key. The caller is judged first: a token that is dead by now hears so, and a user who is gone is not
there. An answer that held a token is not told again: 409 says so.`;

const pages = `\
## Pages

| methods | path | what it answers |
| --- | --- | --- |
| GET | \`/\` | \`{"service":"warbler"}\`: is it there |
| GET | \`/health/live\`, \`/health/ready\` | [whether it runs](deploy.md#health), and whether what stands behind it answers |
| GET | \`/docs\` | this reference as a page, with search, samples and calls; it works without any other host |
| GET | \`/docs/codes\`, \`/docs/socket\` | what each code means and which operations give it, and what is said on the sockets |
| GET | \`/openapi.json\` | this reference as OpenAPI 3.1 |
| GET | \`/asyncapi.json\` | the sockets as AsyncAPI 3 |
| GET | \`/v2/app_dns\` | where the [official web SDK](devices.md#the-official-web-sdk) finds the service |
| GET | \`/socket.io/\` | that SDK's socket |

The pages load \`/docs/page.css\`, \`/docs/start.js\`, \`/docs/reader.js\` and \`/docs/openapi.json\`, which need no headers.`;

const Node = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  maxItems: z.number().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  description: z.string().optional(),
});

/** What an answer holds, in the way of TypeScript; `indent` is what the lines after the first begin with. */
function shape(schema: unknown, indent = ""): string {
  const node = Node.parse(schema);
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return node.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (node.anyOf) return node.anyOf.map((each) => shape(each, indent)).join(" | ");
  if (node.type === "array") return node.maxItems === 0 ? "[]" : `${shape(node.items, indent)}[]`;
  if (!node.properties) return [node.type ?? "unknown"].flat().join(" | ");
  const { properties, required = [] } = node;
  const lines = Object.entries(properties).map(([name, each]) => {
    const { description } = Node.parse(each);
    const note = description === undefined || description === "true or false" ? "" : ` // ${description}`;
    const mark = required.includes(name) ? "" : "?";
    return `${indent}  ${name}${mark}: ${shape(each, `${indent}  `)},${note}`;
  });
  return ["{", ...lines, `${indent}}`].join("\n");
}

function answerOf(operation: Operation): string {
  if (operation.socket) {
    const place =
      operation.caller === "session"
        ? "devices](devices.md"
        : "administration](administration.md#finding-users";
    return `Answers with a WebSocket: see [${place}).`;
  }
  const data = schemaOf(operation.data);
  if (!operation.beside && !shape(data).includes("\n")) return `Answers \`"data": ${shape(data)}\`.`;
  const beside = operation.beside ? Node.parse(schemaOf(operation.beside)) : {};
  const answer = {
    properties: { data, ...beside.properties },
    required: ["data", ...(beside.required ?? [])],
  };
  return ["Answers:", "", "```ts", shape(answer), "```"].join("\n");
}

function placeOf({ from, methods }: Operation): string {
  if (from === "none") return "";
  return from === "query" && !methods.includes("GET") ? "query, json" : from;
}

function parameterRows(operation: Operation): string[][] {
  const { params, aliases = {} } = operation;
  return Object.entries(params.shape).flatMap(([name, schema]) => {
    const others = Object.keys(aliases).filter((alias) => aliases[alias] === name);
    const also = others.map((alias) => `, also \`${alias}\``).join("");
    const required = schema instanceof z.ZodOptional ? "" : "yes";
    return [[`\`${name}\`${also}`, required, allowed(schema)], ...rowsOf(name, schema)];
  });
}

/** What the rows of a list hold, each a line of its own. */
function rowsOf(name: string, schema: z.core.$ZodType): string[][] {
  const row = rowOf(bare(schema));
  if (!row) return [];
  if (!(row instanceof z.ZodObject)) return [[`\`${name}[]\``, "yes", allowed(row)]];
  return Object.entries(row.shape).map(([field, each]) => [
    `\`${name}[].${field}\``,
    each instanceof z.ZodOptional ? "" : "yes",
    allowed(each),
  ]);
}

function section(operation: Operation): string[] {
  const { id, summary, methods, path } = operation;
  const place = placeOf(operation);
  const from = place === "" ? "no parameters" : `parameters in: ${place}`;
  const rows = parameterRows(operation);
  const refused = refusalsOf(operation).map((reason) => `${reasons[reason].code} \`${reason}\``);
  return [
    `#### ${id}`,
    `\`${methods.join(", ")} ${path}\` — caller: ${callerOf(operation)}; ${from}.`,
    `${summary}.${operation.tellsDevices ? " The user's other devices hear `info_updated`." : ""}`,
    rows.length === 0
      ? ""
      : table([operation.from === "text" ? "body" : "parameter", "required", "allowed"], rows),
    answerOf(operation),
    refused.length === 0 ? "" : `Refuses with ${refused.join(", ")}.`,
  ];
}

/** Who may call, and with an admin token the scope that it needs. */
const callerOf = ({ caller, scope }: Operation) =>
  scope === undefined ? caller : `${caller}; with an admin token the scope \`${scope}\``;

const title = (tag: string) => (tag === "sdk" ? "SDK" : tag.charAt(0).toUpperCase() + tag.slice(1));

/** docs/api.md: every operation by its subject, first at a glance and then in full. */
export function apiPage(operations: readonly Operation[]): string {
  const byTag = [...Map.groupBy(operations, ({ tag }) => tag)];
  const glance = byTag.flatMap(([tag, tagged]) => [
    `### ${title(tag)}`,
    table(
      ["methods", "path", "caller", "scope", "parameters", "what it does"],
      tagged.map((operation) => [
        operation.methods.join(", "),
        `[\`${operation.path}\`](#${operation.id.toLowerCase()})`,
        operation.caller,
        operation.scope ?? "",
        placeOf(operation),
        operation.summary,
      ]),
    ),
  ]);
  const full = byTag.flatMap(([tag, tagged]) => [`### ${title(tag)} in full`, ...tagged.flatMap(section)]);
  return page([
    madeFrom("the declarations in `src/operations`"),
    intro,
    table(["caller", "what it sends"], Object.entries(callers)),
    scopesNote,
    parameters,
    "## At a glance",
    ...glance,
    pages,
    "## In full",
    ...full,
  ]);
}
