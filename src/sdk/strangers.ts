import { TooMany } from "../domain/reasons.ts";

/** How many sockets of one address whose devices are not let in one isolate keeps open at once. */
export const MOST_OF_ONE = 200;
/** The same of all addresses. */
export const MOST_OF_ALL = 1_000;

/** How long such a socket can live (ms), and some. What is older has ended in a way that nobody was told of. */
const LONGEST_STAY = 60_000;

interface Place {
  address: string;
  /** Has its socket ended, for one who has fewer. */
  oust: () => void;
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

/** The oldest place of the address that has the most; undefined where that is hardly more than `ofThis`. */
function dispensable(ofThis: number): Place | undefined {
  const most = Math.max(...taken.values());
  if (most <= ofThis + 1) return undefined;
  for (const place of places) if (taken.get(place.address) === most) return place;
  return undefined;
}

/**
 * Takes a place for a socket that says only later who it is; refuses it with 429 where its address has as many as may be.
 * Where all together have, the address that has the most gives one up, whose `oust` is called; where none has more than this
 * one, it is refused. The function that is returned gives the place back, once.
 */
export function takePlace(address: string, oust: () => void): () => void {
  const now = Date.now();
  for (const place of places) {
    if (now - place.takenAt < LONGEST_STAY) break;
    giveBack(place);
  }
  const ofThis = taken.get(address) ?? 0;
  const isFull = places.size >= MOST_OF_ALL;
  const other = isFull ? dispensable(ofThis) : undefined;
  if (ofThis >= MOST_OF_ONE || (isFull && !other)) {
    throw new TooMany("too many sockets wait for their PROVISION", 10);
  }
  if (other) {
    giveBack(other);
    other.oust();
  }
  const place = { address, oust, takenAt: now };
  places.add(place);
  taken.set(address, ofThis + 1);
  return () => giveBack(place);
}
