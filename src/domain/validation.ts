import { z } from "zod";

/** A schema without its optional wrapping: the one that says what is allowed. */
export function bare(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional ? bare(schema.unwrap()) : schema;
}

/** What a schema allows, in words. */
function allowed(schema: z.core.$ZodType | undefined): string {
  const plain = schema && bare(schema);
  return (plain && z.globalRegistry.get(plain)?.description) ?? "of the documented type";
}

/**
 * Says of a value that a schema refused which parameter is wrong and what is allowed: the first of them, in the order of
 * the schema.
 */
export function whatIsWrong(schema: z.ZodObject, error: z.core.$ZodError, given: unknown): string {
  const issue = error.issues[0];
  const [name, index] = issue?.path ?? [];
  if (typeof name !== "string") return "the body must be a JSON object";
  const field = schema.shape[name];
  const isMissing = typeof given === "object" && given !== null && !(name in given);
  if (isMissing) return `${name} is required: ${allowed(field)}`;
  const plain = field && bare(field);
  if (typeof index === "number" && plain instanceof z.ZodArray) {
    return `${name}[${index}] must be ${allowed(plain.element)}`;
  }
  return `${name} must be ${allowed(field)}`;
}

/** A value that fits its schema, or what is wrong with it. */
export type Checked<T> = { ok: true; value: T } | { ok: false; wrong: string };

/** A JSON null in an optional field is the field left out. */
export function withoutNulls(schema: z.ZodObject, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(
      ([name, each]) => each !== null || !(schema.shape[name] instanceof z.ZodOptional),
    ),
  );
}

/** Checks a row of a batch: it fails by itself, with the reason in words. */
export function checkRow<S extends z.ZodObject>(schema: S, row: unknown): Checked<z.output<S>> {
  const given = withoutNulls(schema, row);
  const parsed = schema.safeParse(given);
  if (parsed.success) return { ok: true, value: parsed.data };
  const isObject = typeof given === "object" && given !== null && !Array.isArray(given);
  return {
    ok: false,
    wrong: isObject ? whatIsWrong(schema, parsed.error, given) : "the row must be a JSON object",
  };
}
