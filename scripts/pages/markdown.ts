/** The first line of a page that is made: what makes it, so that nobody mends it by hand. */
export function madeFrom(what: string): string {
  return `<!-- Made by \`npm run pages\` from ${what}. Change that, not this page. -->`;
}

const line = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

/** A table of Markdown: cells as they are, but for the bars in them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A page of blocks with an empty line between each two. */
export function page(blocks: readonly string[]): string {
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}
