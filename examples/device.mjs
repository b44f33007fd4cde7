/*
 * A device that speaks to its socket by itself: it registers a user, signs in, connects, and kicks itself after a second.
 * It runs as a module in browsers too. Beside `npm start`: npx node examples/device.mjs
 */
const at = "127.0.0.1:8787";
const login = { name: `carol_${Date.now()}`, password: "wonderland" };

async function post(path, body, token = "") {
  const headers = { app_id: "demo", "access-token": token, "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const { code, message, data } = await (await fetch(`http://${at}${path}`, init)).json();
  if (code !== 200) throw new Error(`${code}: ${message}`);
  return data;
}

await post("/user/register/v2", { ...login, username: login.name });
const { token } = await post("/token/user", { ...login, device_guid: "laptop-1" });
const socket = new WebSocket(`ws://${at}/user/device/connect?app_id=demo`, ["im.v1", `token.${token}`]);
const beat = setInterval(() => socket.send("ping"), 30_000);
socket.addEventListener("message", ({ data }) => console.log(data));
socket.addEventListener("close", ({ code, reason }) => {
  clearInterval(beat);
  console.log("closed", code, reason);
});
setTimeout(() => post("/user/kick", {}, token), 1_000);
