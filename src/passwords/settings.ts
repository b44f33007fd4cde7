import { type Cost, MOST_MEMORY, MOST_WORK } from "./cost.ts";

/** How many hashes of passwords ten seconds of an isolate may give to calls of one address, and to those of one app. */
export interface Share {
  address: number;
  app: number;
}

/** What hashing passwords costs, who may have how much of it, and how soon (ms) a wrong password may be answered. */
export interface PasswordSettings {
  cost: Cost;
  share: Share;
  wrongAfter: number;
}

/** Reads two whole numbers by their names; undefined where the text is anything else. */
function pair(text: string, first: string, second: string): [number, number] | undefined {
  const found = new RegExp(`^${first}=([1-9]\\d{0,6}),${second}=([1-9]\\d{0,6})$`).exec(text);
  return found ? [Number(found[1]), Number(found[2])] : undefined;
}

/** Reads `m=…,t=…`, the cost of a new hash. Refuses what is none, or more than one hash may take of an isolate. */
export function parseCost(text: string): Cost {
  const [m = 0, t = 0] = pair(text, "m", "t") ?? [];
  if (m < 8 || m > MOST_MEMORY || m * t > MOST_WORK || t < 1) {
    throw new Error(
      `PASSWORD_COST must be m=KiB,t=passes: m from 8 to ${MOST_MEMORY}, t 1 or more, m·t up to ${MOST_WORK}`,
    );
  }
  return { m, t };
}

/** Reads `address=…,app=…`, the shares of public calls. */
export function parseShare(text: string): Share {
  const [address, app] = pair(text, "address", "app") ?? [];
  if (address === undefined || app === undefined || address > app) {
    throw new Error(
      "PASSWORD_CALLS must be address=calls,app=calls in ten seconds: from 1 to 9999999, an address's no more than its app's",
    );
  }
  return { address, app };
}

/** Reads how soon (ms) a wrong password may be answered. */
export function parseWrongAfter(text: string): number {
  if (!/^(0|[1-9]\d{0,3})$/.test(text)) {
    throw new Error("WRONG_PASSWORD_MS must be milliseconds from 0 to 9999");
  }
  return Number(text);
}
