/*
 * What a terminal takes as an order and not as a letter: control characters (C0, DEL, C1), those that turn the direction of
 * writing, and what separates lines. Names of users may hold some.
 */
const ORDERS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** A text that was written by others, as one line that a terminal can only show. */
export function plain(text: string): string {
  return text.toWellFormed().replaceAll(ORDERS, escaped);
}

/** A value as one line of JSON that a terminal can only show, and that is read as the same value. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(ORDERS, escaped);
}
