import { Store } from "./store.ts";

/** Where in the console one is: a path of names, and what is asked there. */
export interface Place {
  path: readonly string[];
  query: URLSearchParams;
}

function read(): Place {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter((part) => part !== ""), query: new URLSearchParams(query) };
}

/** Where one is, by what stands behind the address's "#", which no server sees. */
export const place = new Store<Place>(read());

addEventListener("hashchange", () => place.set(read()));

/** The address of a place; what is empty is left out. */
export function linkTo(path: string, query: Record<string, string> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== "");
  const text = new URLSearchParams(given).toString();
  return `#/${path}${text === "" ? "" : `?${text}`}`;
}

/** Goes to a place. */
export function go(path: string, query: Record<string, string> = {}): void {
  location.hash = linkTo(path, query);
}
