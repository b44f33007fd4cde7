/*
 * Hears the events of an app: verifies each delivery, takes each event once, prints it. The secret is the one that was set
 * with PUT /admin/app.
 *   WEBHOOK_SECRET=whsec_… PORT=9000 npx node examples/webhook-receiver.mjs
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const { WEBHOOK_SECRET = "", PORT = "9000" } = process.env;
const key = Buffer.from(WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");
if (key.length < 24) throw new Error("WEBHOOK_SECRET must be whsec_ and the base64 of 24–64 bytes");

/** How far a delivery's clock may be from ours (s): an older one may be a recording. */
const TOLERANCE = 300;

/** True for a delivery that the service signed just now. `body` is as it came: parsed and written again, it may differ. */
function isGenuine(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures = "" } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE)) return false;
  const right = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  // The standard allows several signatures with spaces between them, and other versions than v1.
  return signatures.split(" ").some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ""), "base64");
    return signature.startsWith("v1,") && given.length === right.length && timingSafeEqual(given, right);
  });
}

/** The ids of events that were taken. An app keeps them in its database, in the transaction that does the work. */
const taken = new Set();

async function hear(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!isGenuine(request.headers, body)) {
    response.writeHead(401).end();
    return;
  }
  const id = request.headers["webhook-id"];
  if (!taken.has(id)) {
    taken.add(id);
    const { type, data } = JSON.parse(body.toString());
    console.log(type, JSON.stringify(data));
  }
  // Any 2xx within 10 s says that the event is taken: it is not sent again.
  response.writeHead(204).end();
}

const server = createServer((request, response) => {
  hear(request, response).catch(() => response.destroy());
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
