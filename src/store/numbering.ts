/** The number of the directory, which is bound as DB. It holds the users of the apps that were never placed elsewhere. */
export const DIRECTORY = 0;

/** How many ids a database has (2^43): database k gives those that follow k of them. */
export const IDS = 2 ** 43;

/** The largest number of a database: the ids of all stay below 2^53. */
export const LAST_DATABASE = 1023;

/** Tables whose ids say which database gave them, so that rows can go to another and meet no equal there. */
const numbered = ["users", "bans", "audit"];

/** What a user database is bound as. */
export function bindingOf(number: number): string {
  return number === DIRECTORY ? "DB" : `USERS_${number}`;
}

/** Which user database a binding is; undefined for one that is none. */
export function numberOf(binding: string): number | undefined {
  const digits = /^USERS_([1-9][0-9]{0,3})$/.exec(binding)?.[1];
  const number = Number(digits);
  return digits !== undefined && number <= LAST_DATABASE ? number : undefined;
}

/**
 * The statement that gives a database its number, once and before it gives any id: AUTOINCREMENT goes on behind what stands
 * in `sqlite_sequence`. It changes nothing where ids were given already.
 */
export function giveNumber(number: number): string {
  const rows = numbered
    .map((table) => `select '${table}' as name, ${number * IDS} as seq`)
    .join(" union all ");
  return `insert into sqlite_sequence (name, seq) select name, seq from (${rows}) where not exists (select 1 from sqlite_sequence where name in (${names}))`;
}

const names = numbered.map((table) => `'${table}'`).join(", ");

/** The statement that tells whether a user database has this number: `is_numbered` is 1 where it has. */
export function isNumbered(number: number): string {
  return `select count(*) = ${numbered.length} as is_numbered from sqlite_sequence where name in (${names}) and seq / ${IDS} = ${number}`;
}
