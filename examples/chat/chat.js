/*
 * The shell of a chat in a browser: it signs in, shows the user's devices as they come and go, and hears when it is signed out.
 * server.mjs serves it. Messages are not its business.
 */
import { createClient } from "@warbler/client";

const [form, state, list] = ["sign-in", "state", "devices"].map((id) => document.getElementById(id));
const { url, appId } = await (await fetch("/config.json")).json();
const client = createClient({ url, appId });
const say = (text) => (state.textContent = text);

/** This browser, however often it signs in. */
function guid() {
  const known = localStorage.getItem("guid") ?? `web-${Math.random().toString(36).slice(2)}`;
  localStorage.setItem("guid", known);
  return known;
}

async function showDevices(user) {
  const rows = [];
  for await (const device of user.each.listDevices()) {
    const row = document.createElement("li");
    row.textContent = `${device.device_name} ${device.online ? "is here" : "is away"}`;
    rows.push(row);
  }
  list.replaceChildren(...rows);
}

/** Connects the device of a session, and shows what it hears. */
function connect(token) {
  const user = client.withToken(token);
  const device = user.device();
  const show = () => showDevices(user).catch((error) => say(error.message));
  device.on("welcome", ({ deviceSn }) => {
    say(`Connected as device ${deviceSn}`);
    void show();
  });
  for (const event of ["device_login", "device_logout", "device_added", "device_removed"])
    device.on(event, show);
  device.on("reconnecting", () => say("Connecting again"));
  device.on("ended", ({ event, reason }) => {
    list.replaceChildren();
    say(`Signed out: ${event ?? reason}`);
  });
  device.connect();
  addEventListener("online", () => device.wake());
}

form.addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  const { name, password } = Object.fromEntries(new FormData(form));
  try {
    const device = { device_guid: guid(), platform: 6, device_name: "this browser" };
    const { data } = await client.signInByName({ name, password, ...device });
    form.reset();
    connect(data.token);
  } catch (error) {
    say(error.message);
  }
});
