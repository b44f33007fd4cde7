import type { ComponentChildren } from "preact";

/** A column: its heading, and what a row has there. `isWide` takes what room there is. */
export interface Column<Row> {
  title: string;
  cell: (row: Row) => ComponentChildren;
  isWide?: boolean;
}

/** A table that becomes a list of cards where the screen is narrow. */
export function Table<Row>({
  label,
  columns,
  rows,
  keyOf,
  lookOf,
}: {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string | number;
  lookOf?: (row: Row) => string;
}) {
  return (
    <table aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ title }) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} class={lookOf?.(row)}>
            {columns.map(({ title, cell, isWide }) => (
              <td key={title} data-title={title} class={isWide === true ? "wide" : undefined}>
                <div>{cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
