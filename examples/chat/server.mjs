/*
 * An app's own server: it serves the page beside it, hears the app's webhooks, and asks whom a message may be pushed to. The admin token
 * is what `npm start` prints, the secret the one that was set with PUT /admin/app.
 *   ADMIN_TOKEN=wa_… WEBHOOK_SECRET=whsec_… PORT=9000 npx node examples/chat/server.mjs
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { NotGenuine, Refused, createAdmin, verifyWebhook } from "@warbler/server";

const { WARBLER = "http://127.0.0.1:8787", APP_ID = "demo", ADMIN_TOKEN = "", PORT = "9000" } = process.env;
const { WEBHOOK_SECRET: secret = "" } = process.env;
const admin = createAdmin({ url: WARBLER, appId: APP_ID, token: ADMIN_TOKEN });

const here = new URL("./", import.meta.url);
const library = new URL("./", import.meta.resolve("@warbler/client"));
const types = { html: "text/html; charset=utf-8", js: "text/javascript", json: "application/json" };

/** The ids of events that were taken. An app keeps them in its database, in the transaction that does the work. */
const taken = new Set();

/** Takes a delivery, each event once. Any 2xx within 10 s says that it is taken. */
async function hear(request) {
  const { id, event } = await verifyWebhook({
    secret,
    headers: request.headers,
    body: await buffer(request),
  });
  if (!taken.has(id)) console.log(event.type, JSON.stringify(event.data));
  taken.add(id);
  return { status: 204 };
}

/** Says on which devices users may be pushed: those who are not connected, want pushes now and have a push token. */
async function gate(request) {
  const { users } = JSON.parse(String(await buffer(request)));
  const { data } = await admin.routePush({ list: users, skip_online: true });
  return { type: "json", body: JSON.stringify(data) };
}

async function file(path) {
  const asked = /^\/(warbler\/)?([\w/-]+\.js)?$/.exec(path);
  if (!asked) return { status: 404 };
  const [, inLibrary, name = "index.html"] = asked;
  const url = new URL(name, inLibrary ? library : here);
  return { type: name.split(".").at(-1), body: await readFile(url) };
}

async function answer(request) {
  const { pathname } = new URL(request.url, "http://here");
  if (request.method === "POST" && pathname === "/webhooks") return await hear(request);
  // Only this machine's own parts may ask: the page has no business here.
  if (request.method === "POST" && pathname === "/gate") return await gate(request);
  if (pathname === "/config.json")
    return { type: "json", body: JSON.stringify({ url: WARBLER, appId: APP_ID }) };
  return await file(pathname);
}

/** What a failure is answered with; nothing of it is told. */
function statusOf(error) {
  if (error instanceof NotGenuine) return 401;
  if (error instanceof Refused || error instanceof SyntaxError) return 400;
  return error.code === "ENOENT" ? 404 : 500;
}

const server = createServer(async (request, response) => {
  const { status = 200, type, body } = await answer(request).catch((error) => ({ status: statusOf(error) }));
  response.writeHead(status, type && { "content-type": types[type] }).end(body);
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
