import type { AdminClient } from "../server/index.ts";
import { Failure } from "./failure.ts";

/** An id that the service could have given. */
const isId = (given: string) => /^[1-9][0-9]{0,15}$/.test(given);

/** Names that differ only in case or in Unicode form are one name. */
const folded = (name: string) => name.normalize("NFKC").toLowerCase().normalize("NFKC");

/** The id of a user who is named by the id or by the username: no username is of digits alone. */
export async function idOf(client: AdminClient, given: string): Promise<number> {
  if (isId(given)) return Number(given);
  // The list is in the order of the names: who is called exactly so comes first.
  const { data } = await client.listUsers({ keyword: given, page_size: 1 });
  const [first] = data;
  if (first && folded(first.username) === folded(given)) return first.user_id;
  throw new Failure(`nobody is called ${given}`);
}

/** The ids of users, in their order, each once. */
export async function idsOf(client: AdminClient, given: readonly string[]): Promise<number[]> {
  const ids = new Set<number>();
  for (const one of given) ids.add(await idOf(client, one));
  return [...ids];
}
