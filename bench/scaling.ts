import { sizes } from "./scaling-model.ts";
import { type Table, tables } from "./scaling-tables.ts";
import { measureSizes } from "./user-size.ts";

const line = (cells: readonly string[]) => console.log(`| ${cells.join(" | ")} |`);

/**
 * `npm run bench:scaling`: the tables of docs/scaling.md, and the sizes that they lean on, measured. It calls nobody, and
 * says the same each time.
 */
function print({ title, head, rows }: Table): void {
  console.log(`\n${title}\n`);
  line(head);
  line(head.map((_, column) => (column === 0 ? "---" : "---:")));
  for (const row of rows) line(row);
}

for (const table of tables) print(table());
const measured = measureSizes();
console.log(
  `\nbytes in D1, measured: ${JSON.stringify(measured)}; the tables go by ${JSON.stringify(sizes)}`,
);
