import { type SQL, sql } from "drizzle-orm";

/** A list of any length, as what stands behind `in`: it travels as one parameter. */
export function listed(values: readonly (number | string)[]): SQL {
  return sql`(select value from json_each(${JSON.stringify(values)}))`;
}
