/**
 * The form under which a name is unique: compatibility-composed (NFKC, Unicode TR15) and lower case, so that names which
 * differ only in case or in Unicode form are one name.
 */
export function foldName(name: string): string {
  return name.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** The form under which an e-mail address is unique in an app. */
export function foldEmail(email: string): string {
  return foldName(email);
}

/**
 * The first text behind all that begin with `prefix`, in the order of code points, which is that of UTF-8 and of the
 * database; undefined where none is behind them. So what begins with it is a range.
 */
export function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (char) => char.codePointAt(0) ?? 0);
  // The last code point has none behind it: what begins with the text before is all that can follow.
  while (points.at(-1) === 0x10_ff_ff) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // Surrogates are no characters, and have no UTF-8.
  return String.fromCodePoint(...points, last === 0xd7_ff ? 0xe0_00 : last + 1);
}
