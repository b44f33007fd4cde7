/** True for a text that is an id as people type it: digits alone, and no zero before them. */
export const isId = (text: string) => /^[1-9][0-9]{0,15}$/.test(text);

/** The id that a text is; undefined where it is none. */
export const idIn = (text: string) => (isId(text) ? Number(text) : undefined);
