import { type SQL, sql } from "drizzle-orm";

/** What is in a list that is given as JSON, or by what stands for it in a statement: for behind `in`. */
export const listedIn = (json: SQL | string): SQL => sql`(select value from json_each(${json}))`;

/** A list of any length, as what stands behind `in`: it travels as one parameter. */
export function listed(values: readonly (number | string)[]): SQL {
  return listedIn(JSON.stringify(values));
}
