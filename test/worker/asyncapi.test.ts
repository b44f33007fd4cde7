import { exports } from "cloudflare:workers";
import { runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type App, type Session, dataOf, newApp, origin } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { NewAdminToken } from "../wire.ts";
import { hubOf } from "./kit/faults.ts";
import { bySn, newHousehold } from "./kit/household.ts";
import { newPhone, report, unregistered } from "./kit/push.ts";
import { type Closed, Device, connect, open, upgrade } from "./kit/socket.ts";
import { watch } from "./kit/watching.ts";

const setForward = movableClock();

const Json = z.record(z.string(), z.unknown());
const Message = z.object({
  name: z.string(),
  payload: Json,
  examples: z.array(z.object({ name: z.string(), payload: z.unknown() })).min(1),
  "x-close-code": z.int().optional(),
});
const Close = z.object({ code: z.int(), name: z.string(), when: z.string(), does: z.string() });
const Channel = z.object({
  address: z.string(),
  messages: z.record(z.string(), z.object({ $ref: z.string() })),
  "x-subprotocols": z.array(z.string()),
  "x-close-codes": z.array(Close),
});
const Document = z.object({
  servers: z.object({ here: z.object({ host: z.string(), protocol: z.string() }) }),
  channels: z.object({ device: Channel, watch: Channel }),
  components: z.object({ messages: z.record(z.string(), Message), schemas: Json }),
});

const response = await exports.default.fetch(`${origin}/asyncapi.json`);
const { servers, channels, components } = Document.parse(await response.json());

/** A schema that takes no property that it does not name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const shut = Object.fromEntries(Object.entries(schema).map(([name, each]) => [name, closed(each)]));
  const { properties } = shut;
  const isNamed = typeof properties === "object" && !("additionalProperties" in shut);
  return isNamed ? { ...shut, additionalProperties: false } : shut;
}

function messageOf(name: string) {
  const message = components.messages[name];
  if (!message) throw new Error(`the document has no message ${name}`);
  const local = JSON.stringify({ ...message.payload, $defs: components.schemas });
  const schema = Json.parse(JSON.parse(local.replaceAll("#/components/schemas/", "#/$defs/")));
  return { ...message, schema: z.fromJSONSchema(Json.parse(closed(schema))) };
}

/** The messages of a channel, by their names. */
const messagesOf = (channel: z.infer<typeof Channel>) =>
  Object.entries(channel.messages).map(([name, { $ref }]) => {
    expect($ref).toBe(`#/components/messages/${name}`);
    return { key: name, ...messageOf(name) };
  });

/** What a text is as a payload. */
function payloadOf(text: string): unknown {
  return text.startsWith("{") ? JSON.parse(text) : text;
}

/** What of an example is the same each time it is heard. */
function lasting(payload: unknown): unknown {
  if (typeof payload !== "object" || payload === null) return payload;
  return Object.fromEntries(
    Object.entries(payload).map(([name, value]) => [
      name,
      ["type", "event", "notice_type", "retry", "reason", "push_token_dead"].includes(name) ? value : name,
    ]),
  );
}

/** How a device comes to hear an example, by its name: what it hears, and how its socket is closed behind it. */
type Scene = () => Promise<{ text: string; end?: Closed }>;

/** What the phone hears last when something is done in its household. */
async function last(act: (home: Awaited<ReturnType<typeof newHousehold>>) => Promise<unknown>) {
  const home = await newHousehold();
  await act(home);
  return await ending(home.phoneSocket);
}

async function ending(socket: Device) {
  const text = await socket.text();
  return { text, end: await socket.closed() };
}

/** What the laptop, which stays, hears of what is done. */
async function staying(act: (home: Awaited<ReturnType<typeof newHousehold>>) => Promise<unknown>) {
  const home = await newHousehold();
  await act(home);
  return { text: await home.laptopSocket.text() };
}

async function said(text: string) {
  const { phoneSocket } = await newHousehold();
  phoneSocket.send(text);
  return phoneSocket;
}

const scenes: Record<string, Scene> = {
  ping: async () => {
    await (await said("ping")).text();
    return { text: "ping" };
  },
  pong: async () => ({ text: await (await said("ping")).text() }),
  welcome: async () => {
    const { session } = await (await newApp()).session({ device_guid: "phone" });
    return { text: await (await open(session)).text() };
  },
  welcomeWithDeadPushToken: async () => {
    const app = await newApp();
    const { phone, id } = await newPhone(app);
    await report(app.admin, unregistered(id));
    return { text: await (await open(phone)).text() };
  },
  passwordChanged: async () =>
    await last(({ app, user }) =>
      app.actingFor(user).post("/user/change_password_admin", { password: "a new word" }),
    ),
  disabled: async () => await last(({ app, user }) => app.disable(user, { reason: "spam" })),
  deleted: async () => await last(({ app, user }) => app.actingFor(user).delete("/user/delete")),
  replaced: async () => await last(({ phone }) => connect(phone)),
  kicked: async () => await last(({ laptop, phone }) => laptop.set("/user/kick", bySn(phone))),
  infoUpdated: async () => await staying(({ phone }) => phone.post("/user/profile", { nick_name: "Wren" })),
  deviceLogin: async () => {
    const { app, user, phone } = await newHousehold();
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    const socket = await connect(phone);
    await connect(laptop);
    return { text: await socket.text() };
  },
  deviceLogout: async () => await staying(async ({ phoneSocket }) => phoneSocket.close()),
  deviceAdded: async () => await staying(({ app, user }) => app.signIn(user, { device_guid: "tablet" })),
  deviceRemoved: async () =>
    await last(({ laptop, phone }) => laptop.set("/user/device/remove", bySn(phone))),
  deviceRemovedOfAnother: async () =>
    await staying(({ app, user, phone }) => app.actingFor(user).set("/user/device/remove", bySn(phone))),
  pushTokenDead: async () => {
    const app = await newApp();
    const { phone, id } = await newPhone(app);
    const socket = await connect(phone);
    await report(app.admin, unregistered(id));
    return { text: await socket.text() };
  },
};

const examples = messagesOf(channels.device).flatMap(({ key, examples: of, schema, ...message }) =>
  of.map(({ name, payload }) => ({ key, name, payload, schema, close: message["x-close-code"] })),
);

/** How a device's socket comes to a close that follows no notice. */
const ends: Record<string, () => Promise<Closed>> = {
  silent: async () => {
    const { app, user, phone, phoneSocket } = await newHousehold();
    setForward(96_000);
    await phone.post("/user/profile", { nick_name: "Wren" });
    await runDurableObjectAlarm(hubOf(app, user));
    return await phoneSocket.closed();
  },
  logout: async () => {
    const { phone, phoneSocket } = await newHousehold();
    await phone.post("/token/logout");
    return await phoneSocket.closed();
  },
  bad_frame: async () => await (await said("pang")).closed(),
  bad_token: async () => {
    const { app, user, phone } = await newHousehold();
    await app.disable(user);
    return await closeOf(phone);
  },
  token_expired: async () => {
    const { session } = await (await newApp({ token_ttl: 60 })).session({ device_guid: "phone" });
    setForward(61_000);
    return await closeOf(session);
  },
};

const closeOf = async (session: Session): Promise<Closed> => await (await open(session)).closed();

/** How the watch of a user comes to its end. */
const watchEnds: Record<string, () => Promise<Closed>> = {
  bad_frame: async () => {
    const { watcher } = await watching();
    watcher.send("pang");
    return await watcher.closed();
  },
  token_invalid: async () => {
    const { app, user, watcher, token } = await watching();
    await app.root.call("DELETE", "/admin/tokens", { query: { id: String(token) } });
    await app.signIn(user);
    return await watcher.closed();
  },
  token_expired: async () => {
    const { app, user, watcher } = await watching(Date.now() + 60_000);
    setForward(61_000);
    await app.signIn(user);
    return await watcher.closed();
  },
  app_suspended: async () => {
    const { app, watcher, session } = await watching();
    const device = await connect(session);
    await app.root.put("/admin/app", { status: 1 });
    device.close();
    return await watcher.closed();
  },
  displaced: async () => {
    const { watcher, client } = await watching();
    for (let n = 0; n < 10; n++) await watch(client);
    return await watcher.closed();
  },
  silent: async () => {
    const { app, user, watcher } = await watching();
    setForward(96_000);
    await app.signIn(user);
    return await watcher.closed();
  },
  deleted: async () => {
    const { app, user, watcher } = await watching();
    await app.actingFor(user).post("/user/delete");
    return await watcher.closed();
  },
};

/** A user with a device that is not connected, watched with a token of its own that lives until `expire` (ms). */
async function watching(expire?: number) {
  const app: App = await newApp();
  const { user, session } = await app.session({ device_guid: "phone" });
  const made = await app.root.post("/admin/tokens", { name: "watcher", ...(expire && { expire }) });
  const { id, token } = dataOf(made, NewAdminToken);
  const client = app.actingFor(user).with({ "access-token": token });
  const watcher = await watch(client);
  const first = await watcher.text();
  return { app, user, session, client, watcher, first, token: id };
}

const closesOf = (channel: z.infer<typeof Channel>) =>
  channel["x-close-codes"].filter(({ name }) => messagesOf(channels.device).every((of) => of.name !== name));

describe("/asyncapi.json", () => {
  it("names where it was read, the two sockets and their subprotocol", async () => {
    expect(servers.here).toEqual({ host: new URL(origin).host, protocol: "wss" });
    expect(channels.device.address).toBe("/user/device/connect");
    expect(channels.watch.address).toBe("/admin/user/watch");
    const { session } = await (await newApp()).session({ device_guid: "phone" });
    for (const subprotocol of channels.device["x-subprotocols"]) {
      const offered = `${subprotocol}, token.${session.token}`;
      const { headers } = await upgrade({ "Sec-WebSocket-Protocol": offered }, session.headers);
      expect(headers.get("Sec-WebSocket-Protocol")).toBe(subprotocol);
    }
    expect(channels.watch["x-subprotocols"]).toEqual(channels.device["x-subprotocols"]);
  });

  it.each(examples)(
    "has $key as $name: it is said or heard just so",
    async ({ name, payload, schema, close }) => {
      const scene = scenes[name];
      if (!scene) throw new Error(`nobody has heard ${name} yet`);
      const { text, end } = await scene();
      expect(schema.safeParse(payload).error).toBeUndefined();
      expect(schema.safeParse(payloadOf(text)).error).toBeUndefined();
      expect(lasting(payloadOf(text))).toEqual(lasting(payload));
      const isEnd = typeof payload === "object" && payload !== null && "retry" in payload && !payload.retry;
      expect(end?.code).toBe(isEnd ? close : undefined);
    },
  );

  it("takes nothing else: neither a frame of another message nor one that says more", () => {
    for (const { key, schema } of messagesOf(channels.device)) {
      const others = examples.filter((each) => each.key !== key);
      expect(others.filter(({ payload }) => schema.safeParse(payload).success)).toEqual([]);
      const own = examples.filter((each) => each.key === key && typeof each.payload === "object");
      for (const { payload } of own)
        expect(schema.safeParse({ ...Json.parse(payload), more: 1 }).success).toBe(false);
    }
  });

  // What a deployment does to sockets is the platform's: none is deployed here.
  it.each(closesOf(channels.device).filter(({ name }) => name !== "restart"))(
    "has the close $code of a device, as $name",
    async ({ code, name }) => {
      expect((await ends[name]?.())?.code).toBe(code);
    },
  );

  it("has every close behind a notice beside its message", () => {
    const behind = messagesOf(channels.device).flatMap((message) => message["x-close-code"] ?? []);
    const declared = channels.device["x-close-codes"].map(({ code }) => code);
    expect(behind.filter((code) => !declared.includes(code))).toEqual([]);
    const others = closesOf(channels.device).map(({ code }) => code);
    expect(new Set(declared)).toEqual(new Set([...behind, ...others]));
    expect(declared).toHaveLength(behind.length + others.length);
  });

  it.each(channels.watch["x-close-codes"].filter(({ name }) => name !== "restart"))(
    "has the close $code of a watch, as $name",
    async ({ code, name }) => {
      expect(await watchEnds[name]?.()).toEqual({ code, reason: name });
    },
  );

  it("has each frame of a watch as it is heard", async () => {
    const { app, user, session, watcher, first } = await watching();
    const heard = [first];
    await session.post("/user/profile", { nick_name: "Wren" });
    heard.push(await watcher.text());
    await app.actingFor(user).post("/user/kick");
    heard.push(await watcher.text(), await watcher.text());
    await app.actingFor(user).post("/user/delete");
    await watcher.closed();
    heard.push(...watcher.unread);
    const frames = messagesOf(channels.watch).filter(({ key }) => key.startsWith("watch"));
    expect(frames.map(({ name }) => name)).toEqual(["picture", "changed", "ended", "deleted"]);
    for (const { name, schema, examples: shown } of frames) {
      const own = heard.filter((text) => text.startsWith(`{"type":"${name}"`));
      expect(own.length).toBeGreaterThan(0);
      for (const text of own) expect(schema.safeParse(payloadOf(text)).error).toBeUndefined();
      for (const { payload } of shown) expect(schema.safeParse(payload).error).toBeUndefined();
    }
  });
});
