import { html } from "hono/html";
import { refusalMeanings } from "../domain/refusal-meanings.ts";
import { isReason, reasons } from "../domain/reasons.ts";
import { allNotices, deviceCloses } from "../protocol/messages.ts";
import { type Html, page, sentence, table } from "./page.ts";

/** What is no business answer: its status, when it is given, and the header that says more. */
const faults: readonly { status: number; when: string; header?: string }[] = [
  { status: 400, when: "the body of a JSON operation cannot be read as JSON in UTF-8" },
  { status: 404, when: "no operation has this path" },
  { status: 405, when: "the path has no such method", header: "Allow" },
  { status: 408, when: "the body was not here in time" },
  {
    status: 409,
    when: "the request with this `Idempotency-Key` is under way; or it took effect and its answer, which held a secret, is not told again",
    header: "Retry-After",
  },
  { status: 413, when: "the body is too large" },
  { status: 415, when: "the body has a content type that is not JSON, where JSON is read" },
  { status: 422, when: "this `Idempotency-Key` was sent with another request within 24 h" },
  { status: 426, when: "a socket's path was called without `Upgrade: websocket`", header: "Upgrade" },
  { status: 429, when: "too many calls, or too many calls with a password", header: "Retry-After" },
  { status: 500, when: "an error that nobody foresaw: quote `X-Request-Id`" },
  { status: 503, when: "busy, being moved, or out of reach: try again later", header: "Retry-After" },
];

const number = (of: number, id: string) => html`<a class="number" href="#${id}">${of}</a>`;

/** The page of the codes: what each answer that is no success means, and each close of a device's socket. */
export function codesPage(): Html {
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
            <p>“${message}”</p>`,
        ],
      };
    });
  const broken = faults.map(({ status, when, header = "" }) => ({
    id: `http-${status}`,
    cells: [
      number(status, `http-${status}`),
      sentence(when),
      header === "" ? html`` : html`<code>${header}</code>`,
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
