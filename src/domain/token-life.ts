/** How long past its life a token is still told from one that never was (ms): its client hears that it must sign in again. */
export const AFTERLIFE = 30 * 24 * 3600 * 1000;
