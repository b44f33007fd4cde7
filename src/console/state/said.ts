import { Store } from "./store.ts";

/** What screen readers are told of next. */
export const said = new Store({ text: "", count: 0 });

/** Has screen readers say what has changed, when they have said what they are saying. */
export function say(text: string): void {
  said.set({ text, count: said.value.count + 1 });
}
