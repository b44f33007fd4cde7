import type { Words } from "./en-words.ts";

const number = new Intl.NumberFormat("en");

const importResults: Words = {
  created: "Created",
  updated: "Updated",
  unchanged: "Unchanged",
  failed: "Rejected",
};

/** The texts of the import, in English. */
export const enImport = {
  title: "Bring users in",
  file: "A file of lines of JSON",
  lines: "Lines",
  hint: "A user a line, as an export gives them.",
  mode: "Who is there already",
  insert: "is left as it is",
  upsert: "is changed",
  dry: "Only try it",
  try: "Try",
  run: "Import",
  wouldBe: "What would become of them",
  became: "What became of them",
  goOn: "Go on",
  rejects: "Rejects",
  line: "Line",
  wrong: { long: "The line is over 4 MiB", json: "The line is no JSON" },
  results: importResults,
  summary: (sent: number, all: number, rejects: number) =>
    `${number.format(sent)} of ${number.format(all)} lines, ${number.format(rejects)} rejected`,
};
