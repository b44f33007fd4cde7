import { html } from "hono/html";

/** A page's text, in which what came from elsewhere is escaped. */
export type Html = ReturnType<typeof html>;

const places = [
  ["/docs", "Operations"],
  ["/docs/codes", "Codes"],
  ["/docs/socket", "Socket"],
] as const;

/** The address of a page of the reference. */
export type Place = (typeof places)[number][0];

/** A page of the reference, under the bar that leads to the others. */
export function page(place: Place, title: string, body: Html): Html {
  const links = places.map(
    ([to, name]) => html`<a href="${to}" ${to === place ? html`aria-current="page"` : ""}>${name}</a>`,
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        <link rel="icon" href="/console/mark.svg" />
        <link rel="stylesheet" href="/docs/page.css" />
      </head>
      <body>
        <nav class="bar" aria-label="Reference">
          <a class="home" href="/docs"
            ><img src="/console/mark.svg" alt="" width="22" height="22" />Warbler</a
          >
          ${links}
          <span class="aside"><a href="/openapi.json">OpenAPI</a> <a href="/asyncapi.json">AsyncAPI</a></span>
        </nav>
        ${body}
      </body>
    </html> `;
}

/** A sentence whose names of fields stand in backticks. */
export function sentence(text: string): Html {
  const parts = text
    .split("`")
    .map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
  return html`${parts}`;
}

/** A table whose cells are named beside them where it is too narrow for columns; a row has its anchor. */
export function table(
  columns: readonly string[],
  rows: readonly { id?: string; cells: readonly Html[] }[],
): Html {
  return html`<table>
    <thead>
      <tr>
        ${columns.map((name) => html`<th scope="col">${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ id, cells }) =>
          html`<tr ${id === undefined ? "" : html`id="${id}"`}>
            ${cells.map((cell, at) => html`<td data-of="${at === 0 ? "" : columns[at]}">${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}
