import { z } from "zod";
import { rowOf } from "../domain/fields.ts";

/** A JSON Schema, or any part of a document. */
export type Json = Record<string, unknown>;

/** Where a schema by itself has those that it names, in either draft. */
const ofSchema = /^#\/(?:\$defs|definitions)\//;

/** Where a document has its schemas. */
export const ofDocument = "#/components/schemas/";

/** True for a JSON object. */
export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value with each object in it made anew. */
export function mapped(value: unknown, change: (json: Json) => Json): unknown {
  if (Array.isArray(value)) return value.map((each) => mapped(each, change));
  if (!isJson(value)) return value;
  return Object.fromEntries(
    Object.entries(change(value)).map(([name, each]) => [name, mapped(each, change)]),
  );
}

/** The part of a JSON object that is one itself; an empty one where there is none. */
export function part(json: Json, name: string): Json {
  const found = json[name];
  return isJson(found) ? found : {};
}

/** What a document's schemas are written in: that of OpenAPI 3.1, or that of AsyncAPI 3. */
type Draft = "draft-2020-12" | "draft-7";

/** Schemas by name, each declared once: one is named by an `id` in its metadata. */
export class Schemas {
  readonly named: Record<string, Json> = {};
  readonly #target: Draft;

  constructor(target: Draft = "draft-2020-12") {
    this.#target = target;
  }

  /** The JSON Schema of what a caller sends or reads. A list of rows shows its row. */
  of(schema: z.ZodType): Json {
    const {
      $schema: _,
      $defs,
      definitions,
      ...json
    } = z.toJSONSchema(schema, {
      io: "input",
      target: this.#target,
      override: ({ zodSchema, jsonSchema }) => {
        const row = rowOf(zodSchema);
        if (row) Object.assign(jsonSchema, { items: this.of(row) });
        // That a double holds it is no limit of its own.
        if (jsonSchema.minimum !== Number.MIN_SAFE_INTEGER) return;
        delete jsonSchema.minimum;
        delete jsonSchema.maximum;
      },
    });
    const named = isJson(definitions) ? definitions : ($defs ?? {});
    for (const [name, each] of Object.entries(named)) this.named[name] ??= placed(each);
    return placed(json);
  }

  /** A schema by itself where it is a reference to one. */
  behind(json: Json): Json {
    const { $ref, ...beside } = json;
    if (typeof $ref !== "string") return json;
    return { ...this.named[$ref.slice(ofDocument.length)], ...beside };
  }

  /** An example of what fits a schema: that of each part, as its metadata has it. */
  exampleOf(given: Json): unknown {
    const json = this.behind(given);
    const { examples, anyOf, enum: choice, type, items } = json;
    if (Array.isArray(examples)) return examples[0];
    if ("const" in json) return json["const"];
    if (Array.isArray(anyOf) && isJson(anyOf[0])) return this.exampleOf(anyOf[0]);
    if (Array.isArray(choice)) return choice[0];
    if (type === "array") return isJson(items) && json["maxItems"] !== 0 ? [this.exampleOf(items)] : [];
    if (type === "boolean") return true;
    if (type !== "object") return undefined;
    const fields = Object.entries(part(json, "properties"));
    return Object.fromEntries(fields.map(([name, each]) => [name, isJson(each) && this.exampleOf(each)]));
  }
}

/** A schema that names others where the document has them. */
function placed(schema: unknown): Json {
  const json = mapped(schema, ({ $ref, ...rest }) =>
    typeof $ref === "string" ? { $ref: $ref.replace(ofSchema, ofDocument), ...rest } : rest,
  );
  return isJson(json) ? json : {};
}

/**
 * The JSON Schema of what a caller sends or reads, with all that it names in its place. What a named one says of itself is left
 * out: there it is read without its name.
 */
export function schemaOf(schema: z.ZodType): Json {
  const schemas = new Schemas();
  const json = mapped(schemas.of(schema), (each) => {
    if (typeof each["$ref"] !== "string") return each;
    const { description: _, ...named } = schemas.behind({ $ref: each["$ref"] });
    return { ...named, ...("description" in each && { description: each["description"] }) };
  });
  return isJson(json) ? json : {};
}
