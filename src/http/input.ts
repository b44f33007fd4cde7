import { zValidator } from "@hono/zod-validator";
import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import { Refusal } from "../domain/reasons.ts";
import { bare, whatIsWrong, withoutNulls } from "../domain/validation.ts";
import { Fault } from "./envelope.ts";
import type { Gated } from "./gate.ts";
import type { Declaration } from "./operation.ts";

const jsonType = /^application\/([a-z0-9.-]+\+)?json\s*(;|$)/i;

/** What a request gave of an operation's parameters, by name, each checked by itself. */
export interface Given {
  Variables: { given: Record<string, unknown> };
}

/** Parameters by their names. */
const Named = z.record(z.string(), z.unknown());

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new Refusal("parameter_wrong", "the body must be text in UTF-8");
  }
}

/** Takes the body as it is, whatever its type. */
const readText = createMiddleware<Gated & Given>(async (c, next) => {
  c.set("given", { text: decode(c.get("body")) });
  await next();
});

/**
 * Reads a JSON body: one without a content type is JSON, none at all gives nothing, and another type is refused. The
 * validator is given the value that was read: by itself it reads nothing that has no content type.
 */
function readJson(
  params: z.ZodObject,
  validate: (read: (schema: z.ZodObject) => ReturnType<z.ZodObject["safeParse"]>) => MiddlewareHandler,
): MiddlewareHandler {
  return createMiddleware<Gated>(async (c, next) => {
    const bytes = c.get("body");
    if (bytes.byteLength === 0) return await next();
    const type = c.req.header("content-type");
    if (type !== undefined && !jsonType.test(type)) {
      throw new Fault(415, "the content type must be application/json");
    }
    const json = parseJson(bytes);
    c.req.bodyCache.json = Promise.resolve(json);
    return await validate((schema) => schema.safeParse(withoutNulls(params, json)))(c, next);
  });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    throw new Fault(400, "the body must be JSON in UTF-8");
  }
}

const rowsType = /^application\/(x-ndjson|ndjson|jsonl|x-jsonlines)\s*(;|$)/i;

/**
 * Takes the body as lines of JSON, of which each is read by itself: one that cannot be read says why in its place. Blank lines
 * are none. A body in which nothing can be read is none of lines.
 */
const readRows = createMiddleware<Gated & Given>(async (c, next) => {
  const type = c.req.header("content-type");
  if (type !== undefined && !rowsType.test(type)) {
    throw new Fault(415, "the content type must be application/x-ndjson");
  }
  const lines = [...linesOf(c.get("body"))].flatMap((line) => readLine(line) ?? []);
  if (lines.length > 0 && lines.every((line) => !line.ok)) {
    throw new Fault(400, "the body must be lines of JSON in UTF-8");
  }
  c.set("given", { ...c.get("given"), rows: lines });
  await next();
});

function* linesOf(body: Uint8Array): Iterable<Uint8Array> {
  for (let from = 0; from < body.length;) {
    const end = body.indexOf(0x0a, from);
    yield body.subarray(from, end === -1 ? body.length : end);
    from = end === -1 ? body.length : end + 1;
  }
}

function readLine(line: Uint8Array): { ok: true; value: unknown } | { ok: false; wrong: string } | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(line);
    return text.trim() === "" ? undefined : { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, wrong: error instanceof SyntaxError ? "the row is no JSON" : "the row is no UTF-8" };
  }
}

/** Reads a query parameter as the JSON value that it spells exactly; any other text stays one, for the schema to judge. */
function spelled(schema: z.core.$ZodType | undefined, value: string): unknown {
  const plain = schema && bare(schema);
  if (plain instanceof z.ZodBoolean && (value === "true" || value === "false")) return value === "true";
  if (plain instanceof z.ZodNumber && /^(0|-?[1-9][0-9]{0,15})$/.test(value)) return Number(value);
  return value;
}

/** The query as JSON values. A parameter of the operation that is given twice is refused. */
function spelledQuery(
  schema: z.ZodObject,
  query: Record<string, string | string[]>,
): Record<string, unknown> {
  const named = Object.entries(query).filter(([name]) => Object.hasOwn(schema.shape, name));
  return Object.fromEntries(
    named.map(([name, value]) => {
      if (typeof value === "string") return [name, spelled(schema.shape[name], value)];
      throw new Refusal("parameter_wrong", `${name} is given more than once in the query: give it once`);
    }),
  );
}

/** Adds what one place gave to what is known; a parameter with two values is refused. */
function merge(
  known: Record<string, unknown>,
  found: Record<string, unknown>,
  aliases: Record<string, string>,
): void {
  for (const [given, value] of Object.entries(found)) {
    const name = aliases[given] ?? given;
    if (Object.hasOwn(known, name) && known[name] !== value) {
      const also = Object.keys(aliases).find((alias) => aliases[alias] === name);
      const spellings = also === undefined ? name : `${name} (or ${also})`;
      throw new Refusal(
        "parameter_wrong",
        `${spellings} is given more than once with different values: give it once`,
      );
    }
    known[name] = value;
  }
}

/**
 * The middleware that reads an operation's parameters from where they stand. Each that is given is checked here, in its
 * place; that none is missing is for the operation to say.
 */
export function readInput(declaration: Declaration): MiddlewareHandler[] {
  const { from, params, aliases = {}, methods } = declaration;
  if (from === "none") return [];
  if (from === "text") return [readText];
  const others = Object.entries(aliases).map(([alias, name]) => [alias, params.shape[name]]);
  const { rows: _rows, ...shape } = params.shape;
  const placed = from === "rows" ? shape : params.shape;
  const parts = z.object({ ...placed, ...Object.fromEntries(others) }).partial();
  const keep = (result: { success: boolean; error?: z.core.$ZodError; data: unknown }, c: Context) => {
    if (result.error) throw new Refusal("parameter_wrong", whatIsWrong(parts, result.error, result.data));
    const known: Record<string, unknown> = c.get("given") ?? {};
    merge(known, Named.parse(result.data), aliases);
    c.set("given", known);
  };
  const readQuery = zValidator("query", parts, keep, {
    validationFunction: (schema, query) => schema.safeParse(spelledQuery(parts, query)),
  });
  const readBody = readJson(params, (read) =>
    zValidator("json", parts, keep, { validationFunction: (schema) => read(schema) }),
  );
  if (from === "json") return [readBody];
  if (from === "rows") return [readQuery, readRows];
  return methods.includes("GET") ? [readQuery] : [readBody, readQuery];
}
