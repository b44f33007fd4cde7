/*
 * A device by the client in src/client, which comes back by itself. Beside `npm start`: npx node examples/device-client.mjs
 * In a browser, import what `npm run build:client` writes: dist/client/index.js
 */
import { DeviceClient } from "../src/client/index.ts";

const url = "http://127.0.0.1:8787";
const login = { name: `ann_${Date.now()}`, password: "wonderland" };

async function post(path, body) {
  const headers = { app_id: "demo", "content-type": "application/json" };
  const response = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
  const { code, message, data } = await response.json();
  if (code !== 200) throw new Error(`${code}: ${message}`);
  return data;
}

await post("/user/register/v2", { ...login, username: login.name });
const { token } = await post("/token/user", { ...login, device_guid: "laptop-1" });
const client = new DeviceClient({ url, appId: "demo", token, deviceGuid: "laptop-1" });
client.on("welcome", ({ deviceSn }) => console.log(`${login.name} is connected as device ${deviceSn}`));
client.on("notice", ({ event, reason }) => console.log(event, reason));
client.on("reconnecting", ({ waitMs }) => console.log(`next try in ${waitMs} ms`));
client.on("ended", ({ code, signInAgain }) => console.log(`ended with ${code}`, { signInAgain }));
client.connect();
