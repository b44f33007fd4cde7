import { integer, text } from "drizzle-orm/sqlite-core";

/** Milliseconds since 1970. */
export const instant = () => integer({ mode: "number" });

/** 0 or 1, 0 where nothing says it. */
export const flag = () => integer({ mode: "boolean" }).notNull().default(false);

/** A text, "" where there is none. */
export const word = () => text().notNull().default("");

/** A number, 0 where nothing says it. */
export const number = () => integer({ mode: "number" }).notNull().default(0);
