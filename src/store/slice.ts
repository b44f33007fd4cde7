/**
 * Most rows that one statement of a sweep changes: D1 does one thing at a time, and every call waits while it does. With
 * 400,000 rows of each kind due, on a machine of two cores that others used as well, a slice of 100 took 6 ms and 23 ms at
 * most; of 250 it took 19 ms and 180 ms at most, of 1,000 it took 180 ms. On an idle one, reads beside slices of 100 took as
 * long as without them.
 */
export const SLICE = 100;
