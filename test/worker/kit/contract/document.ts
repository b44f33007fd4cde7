import { type Schema, dereference, validate } from "@cfworker/json-schema";
import { openapi } from "../../../../src/http/openapi.ts";
import { type Json, isJson, mapped, part } from "../../../../src/http/schemas.ts";
import { operations } from "../../../../src/operations/index.ts";

/** The document as it is served. */
export const document = openapi("Warbler API", operations);

/** A schema that takes no property but those that it names, and so do the schemas in it. */
function closed({ examples: _examples, example: _example, ...json }: Json): Json {
  if (json["allOf"]) return { ...json, unevaluatedProperties: false };
  // It is a part of others, which are closed.
  if (json["description"] === "A refusal.") return json;
  return json["properties"] && json["additionalProperties"] === undefined
    ? { ...json, additionalProperties: false }
    : json;
}

const { paths, webhooks, components } = document;
const strict = mapped({ paths, webhooks, components }, closed);
const root = isJson(strict) ? strict : {};
const lookup = dereference(root);

/** What stands behind a reference within the document. */
function behind(json: Json): Json {
  const { $ref } = json;
  if (typeof $ref !== "string") return json;
  return $ref
    .slice(2)
    .split("/")
    .reduce((at, name) => part(at, name), root);
}

/** What is wrong with a value by a schema of the document; "" where nothing is. */
function whatIsWrong(value: unknown, schema: Schema): string {
  const { valid, errors } = validate(value, schema, "2020-12", lookup, true);
  return valid ? "" : errors.map(({ error, instanceLocation }) => `${instanceLocation}: ${error}`).join("\n");
}

/**
 * What of a value a schema can tell from another: names, kinds, and what may be one of an enumeration: short words, small numbers.
 * How long a text is or how large a number counts for nothing here.
 */
function outlineOf(value: unknown): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(outlineOf))].join()}]`;
  if (isJson(value)) {
    return `{${Object.entries(value)
      .map(([name, each]) => `${/^\d+$/.test(name) ? 0 : name}:${outlineOf(each)}`)
      .join()}}`;
  }
  if (typeof value === "string") return /^[a-z_]{1,24}$/i.test(value) ? value : "text";
  return typeof value === "number" && Math.abs(value) > 999 ? "number" : String(value);
}

/** The answers that were found to be declared, by their outlines: checked once, the rest of a run has none other than these. */
const declared = new Set<string>();

/** An answer as it came. */
export interface Came {
  method: string;
  path: string;
  status: number;
  body: unknown;
}

/** Why an answer is none that the document declares; "" where it is one, or of a path that is none of the API's. */
export function undeclared({ method, path, status, body }: Came): string {
  const methods = part(part(root, "paths"), path);
  const [any] = Object.values(methods);
  if (!isJson(any)) return "";
  const outline = `${method} ${path} ${status} ${outlineOf(body)}`;
  if (declared.has(outline)) return "";
  const own = methods[method.toLowerCase()];
  // Of a method that the path has not, all that it has say the same.
  const { responses } = isJson(own) ? own : any;
  const answer = isJson(responses) ? behind(part(responses, String(status))) : {};
  const { schema } = part(part(answer, "content"), "application/json");
  if (!isJson(schema)) return `${method} ${path} answers ${status}, which it does not declare`;
  const wrong = whatIsWrong(body, schema);
  if (wrong) {
    return `${method} ${path} answers ${status} with ${JSON.stringify(body)}, which it does not declare:\n${wrong}`;
  }
  declared.add(outline);
  return "";
}

/** Why what was sent to a webhook is not what the document says of its type; "" where it is. */
export function undeclaredEvent(type: string, body: unknown): string {
  const { requestBody } = part(part(part(root, "webhooks"), type), "post");
  const content = isJson(requestBody) ? part(part(requestBody, "content"), "application/json") : {};
  const { schema } = content;
  return isJson(schema) ? whatIsWrong(body, schema) : `${type} is no type of event`;
}

/** Why a line that an operation streams is not what it declares; "" where it is. */
export function undeclaredLine(path: string, line: unknown): string {
  const responses = part(part(part(part(root, "paths"), path), "get"), "responses");
  const { schema } = part(part(part(responses, "200"), "content"), "application/x-ndjson");
  return isJson(schema) ? whatIsWrong(line, schema) : `${path} has no lines`;
}
