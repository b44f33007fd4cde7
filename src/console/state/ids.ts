/** True for a text that is an id as people type it: digits alone, and no zero before them. */
export const isId = (text: string) => /^[1-9][0-9]{0,15}$/.test(text) && Number.isSafeInteger(Number(text));

/** The id that a text is, with or without the "#" that ids are shown with; undefined where it is none. */
export function idIn(text: string): number | undefined {
  const digits = text.trim().replace(/^#/, "");
  return isId(digits) ? Number(digits) : undefined;
}

/** True where a text that narrows a list to a user names none: it is neither an id nor empty. */
export const isNoId = (text: string) => text.trim() !== "" && idIn(text) === undefined;
