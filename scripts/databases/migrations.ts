/** Where the migrations are, a file each. */
export const FOLDER = "migrations";

/** Where `wrangler dev` keeps what it serves. */
export const KEPT = ".wrangler/state/v3";
