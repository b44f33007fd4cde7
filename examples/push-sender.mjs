/*
 * A sender of pushes: asks where a message may be pushed, hands it to the provider, and says afterwards which push tokens were
 * dead. PROVIDER is a stand-in that speaks as APNs does; the admin token is what `npm start` prints.
 *   ADMIN_TOKEN=wa_… PROVIDER=http://127.0.0.1:9001 npx node examples/push-sender.mjs "a text" <user id> …
 */
const { WARBLER = "http://127.0.0.1:8787", APP_ID = "demo", ADMIN_TOKEN = "", PROVIDER = "" } = process.env;
const [text = "", ...users] = process.argv.slice(2);

/** Calls the service, once more where it failed: under one key no badge counts twice. Throws a refusal. */
async function call(path, body) {
  const own = { app_id: APP_ID, "access-token": ADMIN_TOKEN, "idempotency-key": crypto.randomUUID() };
  const headers = { ...own, "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const first = await fetch(WARBLER + path, init);
  const answer = await (first.status < 500 ? first : await fetch(WARBLER + path, init)).json();
  if (answer.code !== 200) throw new Error(`${answer.code}: ${answer.message}`);
  return answer.data;
}

/** What the provider's answer means for the push token; undefined where it says nothing of it, as of a message too large. */
function resultOf(status, { reason, timestamp } = {}) {
  if (status === 200) return { result: "delivered" };
  // The provider says since when the token is dead: one that was bound again since then lives.
  if (status === 410) return { result: "unregistered", ...(timestamp && { at: timestamp }) };
  if (["BadDeviceToken", "DeviceTokenNotForTopic"].includes(reason)) return { result: "bad_token" };
  return undefined;
}

/** Hands a push to the provider; returns what there is to report. */
async function send(device, badge) {
  const alert = { title: device.nick_name, body: device.detail ? text : "You have a new message" };
  const aps = { alert, badge, ...(device.sound && { sound: "default" }) };
  const init = { method: "POST", body: JSON.stringify({ aps }) };
  const response = await fetch(`${PROVIDER}/3/device/${encodeURIComponent(device.device_token)}`, init);
  const answer = await response.json().catch(() => ({}));
  console.log(`${device.notifier_name}: ${response.status} ${answer.reason ?? ""}`.trim());
  const result = resultOf(response.status, answer);
  return result && { binding_id: device.binding_id, ...result };
}

const reports = [];
for (let first = 0; first < users.length; first += 100) {
  const list = users.slice(first, first + 100).map(Number);
  // A device that is connected has the message already.
  const routes = await call("/admin/push/route", { list, skip_online: true, badge: { add: 1 } });
  for (const { user_id, push, reason, until, badge, devices } of routes) {
    const again = until === null ? "" : `, not before ${new Date(until).toISOString()}`;
    if (!push) console.log(`user ${user_id} is not pushed: ${reason}${again}`);
    for (const device of devices) reports.push(await send(device, badge));
  }
}
const list = reports.filter((report) => report !== undefined);
for (let first = 0; first < list.length; first += 500) {
  const told = await call("/admin/push/feedback", { list: list.slice(first, first + 500) });
  console.log(`push tokens released: ${told.filter((each) => each.released).length}`);
}
