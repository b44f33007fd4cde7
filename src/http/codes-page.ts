import { html } from "hono/html";
import { refusalMeanings } from "../domain/refusal-meanings.ts";
import { isReason, reasons } from "../domain/reasons.ts";
import { allNotices, deviceCloses } from "../protocol/messages.ts";
import type { Operation } from "./operation.ts";
import { type Html, page, sentence, table } from "./page.ts";
import { faultHeaders, faults, faultsOf, refusalsOf } from "./refusals.ts";

const number = (of: number, id: string) => html`<a class="number" href="#${id}">${of}</a>`;

/** The operations that give an answer, each as a link to where the reader shows it; nothing where none does. */
function givenBy(givers: readonly Operation[]): Html {
  if (givers.length === 0) return html``;
  const links = givers.map(
    ({ id, tag, methods: [first], path }) =>
      html`<li>
        <a href="/docs#tag/${tag}/${first}${path}"><code>${id}</code></a>
      </li>`,
  );
  const many = givers.length === 1 ? "1 operation" : `${givers.length} operations`;
  return html`<details class="givers">
    <summary>given by ${many}</summary>
    <ul>
      ${links}
    </ul>
  </details>`;
}

/**
 * The page of the codes: what each answer that is no success means and which operations give it, and each close of a device's
 * socket.
 */
export function codesPage(operations: readonly Operation[]): Html {
  const refused = Object.keys(reasons)
    .filter(isReason)
    .map((name) => {
      const { code, status, message } = reasons[name];
      return {
        id: name,
        cells: [
          number(code, name),
          html`<code>${name}</code>`,
          html`${status}`,
          html`${sentence(refusalMeanings[name])}
            <p>“${message}”</p>
            ${givenBy(operations.filter((each) => refusalsOf(each).includes(name)))}`,
        ],
      };
    });
  const broken = Object.entries(faults).map(([status, when]) => ({
    id: `http-${status}`,
    cells: [
      number(Number(status), `http-${status}`),
      html`${sentence(when)}
      ${givenBy(operations.filter((each) => faultsOf(each).some((fault) => fault === Number(status))))}`,
      html`${(faultHeaders[Number(status)] ?? []).map((header) => html`<code>${header}</code>`)}`,
    ],
  }));
  const behind = new Set<string>(allNotices.map(({ name }) => name));
  const closes = deviceCloses.map(({ code, name, when, does }) => ({
    id: `close-${code}`,
    cells: [
      number(code, `close-${code}`),
      behind.has(name)
        ? html`<a href="/docs/socket#${name}"><code>${name}</code></a>`
        : html`<code>${name}</code>`,
      sentence(when),
      sentence(does),
    ],
  }));
  return page(
    "/docs/codes",
    "Codes · Warbler API",
    html`<main class="text">
      <h1>Codes</h1>
      <p>
        Every answer is <code>{"code","message","data"}</code>. 200 is success. A refusal was understood and
        is not granted; a fault is no request of this API, or cannot be answered now. The message says what to
        do and may change; the code and the name do not.
      </p>
      <h2 id="refusals">Refusals</h2>
      <p>
        HTTP 200 with the code in the body; where the deployment has <code>ERROR_STATUS = "http"</code>, the
        status in the table. Nothing was changed.
      </p>
      ${table(["code", "name", "HTTP", "when"], refused)}
      <h2 id="faults">Faults</h2>
      <p>
        The HTTP status, whatever <code>ERROR_STATUS</code> says, and the same number as <code>code</code>.
      </p>
      ${table(["code", "when", "header"], broken)}
      <h2 id="closes">Closes of a device's socket</h2>
      <p>
        What a WebSocket is closed with; <a href="/docs/socket">the socket</a> says more. 1006 is no close:
        the line broke, and the device connects again after a random wait.
      </p>
      ${table(["code", "name", "when", "what the device does"], closes)}
    </main>`,
  );
}
