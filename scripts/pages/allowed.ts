import { z } from "zod";
import { bare } from "../../src/domain/validation.ts";

/** What a schema allows, in the words of its refusal, for Markdown. Fails for a schema that has none. */
export function allowed(schema: z.core.$ZodType): string {
  const words = z.globalRegistry.get(bare(schema))?.description;
  if (words === undefined) throw new Error("a parameter's schema has no description of what is allowed");
  return words.replaceAll(/[<*]/g, "\\$&");
}
