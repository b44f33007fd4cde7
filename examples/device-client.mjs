/*
 * A device that comes back by itself. Beside `npm start`, after `npm run build:packages`: npx node examples/device-client.mjs
 */
import { createClient } from "@warbler/client";

const warbler = createClient({ url: "http://127.0.0.1:8787", appId: "demo" });
const login = { name: `ann_${Date.now()}`, password: "wonderland" };

await warbler.register({ username: login.name, password: login.password });
const { data } = await warbler.signInByName({ ...login, device_guid: "laptop-1" });
const device = warbler.withToken(data.token).device();
device.on("welcome", ({ deviceSn }) => console.log(`${login.name} is connected as device ${deviceSn}`));
device.on("notice", ({ event, reason }) => console.log(event, reason));
device.on("reconnecting", ({ waitMs }) => console.log(`next try in ${waitMs} ms`));
device.on("ended", ({ code, signInAgain }) => console.log(`ended with ${code}`, { signInAgain }));
device.connect();
