import { LRUCache } from "lru-cache";

const seen = new LRUCache<string, true>({ max: 20_000 });

const keyOf = (appId: string, userId: number) => `${appId}/${userId}`;

/**
 * True for a user of the app whom this isolate has seen to be there. An id is never given twice, and the user's hub knows who
 * is gone; of one who was never there no hub is to be asked, as asking would make one.
 */
export function wasSeen(appId: string, userId: number): boolean {
  return seen.has(keyOf(appId, userId));
}

/** Notes that a user of the app is there, and has all that waited for the first need of the hub. */
export function noteSeen(appId: string, userId: number): void {
  seen.set(keyOf(appId, userId), true);
}
