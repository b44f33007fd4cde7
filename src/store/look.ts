/**
 * Most rows that a page of a list looks through for those that it shows. Where a filter has no index of its own, a page ends
 * there: it may be short, even empty, and its cursor goes on behind what was looked through.
 */
export const LOOK = 1_000;

/** A page of a list, and the row behind which the next one begins; absent where nothing is behind it. */
export interface Page<Row> {
  rows: Row[];
  end: Row | undefined;
}

/** The page of so many rows; it was read with one more, to know whether there are any behind it. */
export function cutPage<Row>(read: readonly Row[], limit: number): Page<Row> {
  const rows = read.slice(0, limit);
  return { rows, end: read.length > limit ? rows.at(-1) : undefined };
}

/** What is known of a row that was looked at, 0 or 1: that it fits, and that the look went no further. */
interface Seen {
  fits: number;
  isLast: number;
}

/** The same of rows that were looked through: those that fit, and the last one where the look went no further, fit or not. */
export function cutLook<Row>(
  read: readonly (Row & Seen)[],
  limit: number,
): Page<Omit<Row & Seen, keyof Seen>> {
  const without = ({ fits: _fits, isLast: _isLast, ...row }: Row & Seen) => row;
  const page = cutPage(
    read.filter((row) => row.fits === 1),
    limit,
  );
  const end = page.end ?? read.find((row) => row.isLast === 1);
  return { rows: page.rows.map(without), end: end && without(end) };
}
