/**
 * Most rows that one statement of a sweep changes: D1 does one thing at a time, and every call waits while it does. So many
 * rows of `audit`, which has the most indexes, keep others waiting for 15 ms at most on a machine of two cores; 1,000 of them
 * for 330 ms.
 */
export const SLICE = 100;
