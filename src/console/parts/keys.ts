import { go, place } from "../state/router.ts";

const rows = () => [...document.querySelectorAll<HTMLElement>("main [data-row]")];

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select, dialog *")
  );
}

/** Moves the focus by so many rows of the list on the page. */
function move(by: number): void {
  const all = rows();
  const at = all.findIndex((row) => row === document.activeElement);
  const next = at === -1 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
  all[next]?.focus();
}

const steps: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** Focuses the field that finds users, where the page has it. */
export function focusFind(): void {
  document.querySelector<HTMLElement>("#find")?.focus();
}

/** The keys of the whole page: "/" finds, j, k and the arrows go through a list. */
export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const { target, key } = event;
    const isFind = target instanceof HTMLElement && target.id === "find";
    const isEmpty = target instanceof HTMLInputElement && isFind && target.value === "";
    if (key === "/" && (!isWriting(target) || isEmpty)) {
      event.preventDefault();
      // The first screen begins with its field.
      if (place.value.path.length > 0) go("");
      else focusFind();
      return;
    }
    const step = steps[key];
    if (step === undefined || (isWriting(target) && !(isFind && key === "ArrowDown"))) return;
    if (rows().length === 0) return;
    event.preventDefault();
    move(step);
  });
}
