import { TooMany } from "../domain/reasons.ts";

/** How many sockets of one address whose devices are not let in one isolate keeps open at once. */
export const MOST_OF_ONE = 200;
/** The same of all addresses. */
export const MOST_OF_ALL = 1_000;

/** How long such a socket can live (ms), and some. What is older has ended in a way that nobody was told of. */
const LONGEST_STAY = 60_000;

interface Place {
  address: string;
  /** ms since 1970. */
  takenAt: number;
}

/** The places that are taken, oldest first, and how many each address has of them. */
const places = new Set<Place>();
const taken = new Map<string, number>();

function giveBack(place: Place): void {
  if (!places.delete(place)) return;
  const left = (taken.get(place.address) ?? 0) - 1;
  if (left > 0) taken.set(place.address, left);
  else taken.delete(place.address);
}

/**
 * Takes a place for a socket that says only later who it is; refuses it with 429 where its address, or all together, have
 * as many as may be. The function that is returned gives the place back, once.
 */
export function takePlace(address: string): () => void {
  const now = Date.now();
  for (const place of places) {
    if (now - place.takenAt < LONGEST_STAY) break;
    giveBack(place);
  }
  const ofThis = taken.get(address) ?? 0;
  if (ofThis >= MOST_OF_ONE || places.size >= MOST_OF_ALL) {
    throw new TooMany("too many sockets wait for their PROVISION", 10);
  }
  const place = { address, takenAt: now };
  places.add(place);
  taken.set(address, ofThis + 1);
  return () => giveBack(place);
}
