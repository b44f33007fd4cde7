import { html } from "hono/html";
import { z } from "zod";
import { pingPong } from "../protocol/frames.ts";
import {
  type Close,
  type Message,
  allNotices,
  deviceCloses,
  deviceMessages,
  watchCloses,
  watchMessages,
} from "../protocol/messages.ts";
import { SUBPROTOCOL, TOKEN_PREFIX } from "../protocol/upgrade.ts";
import { type Html, page, sentence, table } from "./page.ts";

const Fields = z.object({
  properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })).optional(),
});

/** The fields of a message that say something, by their descriptions. */
function fieldsOf(payload: z.ZodType): { name: string; what: string }[] {
  const { properties = {} } = Fields.parse(z.toJSONSchema(payload, { io: "input" }));
  return Object.entries(properties).map(([name, { description = "" }]) => ({ name, what: description }));
}

/** An example as it is on the wire; a long one is laid out in lines. */
function shown(payload: unknown): string {
  if (typeof payload === "string") return payload;
  const line = JSON.stringify(payload);
  return line.length > 400 ? JSON.stringify(payload, null, 1) : line;
}

function messageBlock(message: Message, prefix = ""): Html {
  const { name, summary, description, payload, examples, close } = message;
  const fields = fieldsOf(payload).filter(({ what }) => what !== "");
  const rows = fields.map((field) => ({
    cells: [html`<code>${field.name}</code>`, sentence(field.what)],
  }));
  const mark = close === undefined ? "" : html`<span class="mark ends">closes with ${close}</span>`;
  const behind =
    close === undefined ? "" : html` Closed with <a href="/docs/codes#close-${close}">${close}</a>.`;
  return html`<details id="${prefix}${name}">
    <summary><code>${name}</code> ${mark}<span class="what">${sentence(summary)}</span></summary>
    <div class="body">
      ${description === undefined ? "" : html`<p>${sentence(description)}${behind}</p>`}
      ${examples.map(({ payload: said }) => html`<pre tabindex="0"><code>${shown(said)}</code></pre>`)}
      ${rows.length === 0 ? "" : table(["field", "what it says"], rows)}
    </div>
  </details>`;
}

const closeTable = (closes: readonly Close[]) =>
  table(
    ["code", "name", "when", "what the other end does"],
    closes.map(({ code, name, when, does }) => ({
      cells: [
        html`<span class="number">${code}</span>`,
        html`<code>${name}</code>`,
        sentence(when),
        sentence(does),
      ],
    })),
  );

const start = `const socket = new WebSocket(
  "wss://YOUR-HOST/user/device/connect?app_id=YOUR-APP",
  ["${SUBPROTOCOL}", "${TOKEN_PREFIX}" + token],
);
const beat = setInterval(() => socket.send("${pingPong.ping}"), 30_000);
socket.onmessage = ({ data }) => {
  if (data === "${pingPong.pong}") return;
  const frame = JSON.parse(data);
  console.log(frame.type, frame.event ?? "");
};
socket.onclose = ({ code, reason }) => {
  clearInterval(beat);
  console.log(code, reason);
};`;

/** The page of the sockets: what a device hears and says, how its socket ends, and the same of who watches a user. */
export function socketPage(): Html {
  const isNotice = new Set<string>(allNotices.map(({ name }) => name));
  const own = Object.values(deviceMessages);
  const behindNone = deviceCloses.filter(({ name }) => !isNotice.has(name));
  const frames = Object.values(watchMessages).filter(({ contentType }) => contentType === "application/json");
  return page(
    "/docs/socket",
    "Socket · Warbler API",
    html`<main class="text">
      <h1>The device's socket</h1>
      <p>
        A signed-in device holds one WebSocket at <code>/user/device/connect</code>, and hears there at once
        what becomes of its session. For machines the same is at <a href="/asyncapi.json">/asyncapi.json</a>,
        as AsyncAPI 3.
      </p>
      <ol>
        <li>Sign in with a <code>device_guid</code>, which stays the same for the device.</li>
        <li>
          Connect with the headers <code>app_id</code> and <code>access-token</code>. A browser, which cannot
          set headers, has <code>app_id</code> in the query and offers the subprotocols
          <code>${SUBPROTOCOL}</code> and <code>${TOKEN_PREFIX}&lt;token&gt;</code>; the answer names
          <code>${SUBPROTOCOL}</code>.
        </li>
        <li>
          Read JSON text frames: the welcome, then notices. Pass over an <code>event</code> that is not known.
        </li>
        <li>
          Send the text <code>ping</code> every 30 s, and nothing else. A socket that is not heard of for 95 s
          is closed.
        </li>
        <li>
          After a close come back with the token where it lives: after a random wait, longer after each
          failure. Where a notice said <code>"retry": false</code>, do not.
        </li>
      </ol>
      <pre tabindex="0"><code>${start}</code></pre>
      <h2 id="frames">What is said</h2>
      ${own.filter(({ name }) => !isNotice.has(name)).map((message) => messageBlock(message))}
      <h2 id="notices">Notices</h2>
      <p>One that ends the socket is followed by its close: 4000 and the number of the notice.</p>
      ${own.filter(({ name }) => isNotice.has(name)).map((message) => messageBlock(message))}
      <h2 id="closes">Other closes</h2>
      ${closeTable(behindNone)}
      <h2 id="watch">Watching a user</h2>
      <p>
        Staff watch a user at <code>/admin/user/watch</code>, with an admin token and <code>user_id</code>, in
        the same way. It is no device: nobody has to ping, and it hears no notices.
      </p>
      ${frames.map((message) => messageBlock(message, "watch-"))} ${closeTable(watchCloses)}
    </main>`,
  );
}
