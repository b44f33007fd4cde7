import type { AdminOperations } from "../server/index.ts";
import { shownInstant } from "./instants.ts";
import type { Column } from "./print.ts";

/** What is shown of a ban, whosever it is. */
export const banColumns: readonly Column<AdminOperations["listBans"]["answer"]["data"][number]>[] = [
  ["since", ({ banned_at }) => shownInstant(banned_at)],
  ["until", ({ lifted_at, until }) => shownInstant(lifted_at ?? until)],
  ["state", ({ lifted_at }) => (lifted_at === null ? "in force" : "over")],
  ["by", ({ banned_by }) => banned_by],
  ["reason", ({ reason }) => reason],
  ["note", ({ note }) => note],
];
