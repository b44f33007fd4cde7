import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { call, newApp } from "./kit/client.ts";
import { listed } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { eventsOf } from "./kit/heard.ts";
import {
  type Message,
  SdkClient,
  announcement,
  attached,
  commands,
  encode,
  frame,
  provisionPayload,
  sdkConnect,
  sdkOpen,
  sdkPath,
  sdkUpgrade,
} from "./kit/sdk-client.ts";
import { connect } from "./kit/socket.ts";

const Opening = z.strictObject({
  sid: z.string().min(1),
  upgrades: z.tuple([]),
  pingInterval: z.literal(25_000),
  pingTimeout: z.literal(20_000),
});

/** A user with a native socket, and a socket of the SDK beside it that has been let in. */
async function pair() {
  const app = await newApp();
  const { user, session: phone } = await app.session({ device_guid: "phone" });
  const browser = await app.signIn(user, { device_guid: "browser" });
  const native = await connect(phone);
  const client = await sdkConnect(browser, { guid: "browser" });
  await native.notice("device_login");
  return { phone, native, browser, client };
}

/** Whom an answer to SYNC says that it is about. */
const uidOf = (synced: Message) => synced.needed(4).number(1);

describe("the SDK's socket", () => {
  it("opens with the session's packet and the namespace's, and nothing more", async () => {
    const { webSocket } = await sdkUpgrade();
    if (!webSocket) throw new Error("no socket");
    const client = new SdkClient(webSocket);
    const opening = await client.text();
    expect(opening[0]).toBe("0");
    Opening.parse(JSON.parse(opening.slice(1)));
    expect(await client.text()).toBe("40");
    await client.ping();
    expect(client.heard).toEqual([]);
  });

  it.each(["/socket.io?EIO=3&transport=websocket", `${sdkPath}&t=Nabc&sid=`])("opens at %s", async (path) => {
    expect((await sdkUpgrade({}, undefined, path)).status).toBe(101);
  });

  it.each(["/socket.io/", "/socket.io/?EIO=4&transport=websocket", "/socket.io/?EIO=3&transport=polling"])(
    "does not open at %s: 400",
    async (path) => {
      expect((await sdkUpgrade({}, undefined, path)).status).toBe(400);
    },
  );

  it("needs an upgrade, and a GET", async () => {
    expect((await call("GET", sdkPath)).response.status).toBe(426);
    const posted = await call("POST", sdkPath);
    expect(posted.response.status).toBe(405);
    expect(posted.response.headers.get("allow")).toBe("GET");
  });

  it("answers a ping before and after PROVISION, each time and with what came with it", async () => {
    const { session } = await (await newApp()).session();
    const client = await sdkOpen();
    client.send("2");
    client.send("2probe");
    expect([await client.text(), await client.text()]).toEqual(["3", "3probe"]);
    await client.provision(session.token);
    for (const _ of [1, 2, 3]) client.send("2");
    expect([await client.text(), await client.text(), await client.text()]).toEqual(["3", "3", "3"]);
  });

  it("answers UNREAD and SYNC with status 1, and SYNC with no metas", async () => {
    const { client } = await pair();
    expect(await client.unread()).toBe(1);
    const synced = await client.sync(77);
    expect(synced.message(1).number(1)).toBe(1);
    expect(synced.all(2)).toEqual([]);
  });

  it("names in the answer to SYNC the conversation that was asked for, else the user, else nobody", async () => {
    const { browser, client } = await pair();
    expect(uidOf(await client.sync(77))).toBe(77);
    expect(uidOf(await client.sync(0))).toBe(0);
    expect(uidOf(await client.sync())).toBe(browser.userId);
    expect(uidOf(await (await sdkOpen()).sync())).toBe(0);
  });

  it("answers UNREAD and SYNC with status 7 before it is let in", async () => {
    const client = await sdkOpen();
    expect(await client.unread()).toBe(7);
    expect((await client.sync()).message(1).number(1)).toBe(7);
  });

  it("answers in the version of the frames that it is sent, plain, with every field set", async () => {
    const { client } = await pair();
    client.sendFrame(
      encode([
        [1, 5],
        [3, commands.unread],
        [4, ""],
      ]),
    );
    const { vsn, command } = await client.frame();
    expect({ vsn, command }).toEqual({ vsn: 5, command: commands.unread });
  });

  it("takes an announcement in any spelling of its JSON, and a ping before its attachment", async () => {
    const { client } = await pair();
    client.send('451-[ "frame" , { "num": 0, "_placeholder": true } ]');
    client.send("2");
    client.send(attached(frame(commands.unread, new Uint8Array())));
    expect(await client.text()).toBe("3");
    expect((await client.payload(commands.unread)).message(1).number(1)).toBe(1);
  });

  it("passes over what it does not know: other commands, fields, events and packets", async () => {
    const { client } = await pair();
    client.sendFrame(frame(commands.notice, encode([[1, 1]])));
    client.sendFrame(frame(9, encode([[1, 1]])));
    for (const packet of ["40", '42["hello"]', "43[]", "3", "5", "6"]) client.send(packet);
    client.sendFrame(
      frame(commands.unread, encode([[30, "more"]]), [
        [6, "key"],
        [7, "sum"],
        [8, 9],
        [40, 1],
      ]),
    );
    expect((await client.payload(commands.unread)).message(1).number(1)).toBe(1);
    await client.ping();
    expect(client.heard).toEqual([]);
  });

  it.each(["41", "1"])("is closed by a goodbye, %s, which the other devices hear", async (goodbye) => {
    const { phone, native, browser, client } = await pair();
    client.send(goodbye);
    expect(await client.closed()).toMatchObject({ code: 1000 });
    await native.notice("device_logout");
    expect(await listed(phone, browser.deviceSn)).toMatchObject({ online: false });
  });

  it("is gone for the other devices when the client closes it", async () => {
    const { native, browser, client } = await pair();
    client.close();
    const { by } = await native.notice("device_logout");
    expect(by).toEqual({ user_id: browser.userId, device_sn: browser.deviceSn });
  });
});

const unread = frame(commands.unread, new Uint8Array());
const kibibytes = (count: number) => count * 1024;

/** What no client may send, and the code that its socket is closed with. */
const wrong: [string, number, (string | Uint8Array)[]][] = [
  ["an empty text", 4400, [""]],
  ["a text of no type", 4400, ["hello"]],
  ["a packet of the server", 4400, ['0{"sid":"x"}']],
  ["an announcement of another event", 4400, ['451-["other",{"_placeholder":true,"num":0}]']],
  ["an announcement of two attachments", 4400, ['452-["frame",{"_placeholder":true,"num":0}]']],
  ["an announcement that is no JSON", 4400, ["451-[frame]"]],
  ["an announcement without an attachment", 4400, ['451-["frame",null]']],
  ["an acknowledgement with an attachment", 4400, ['461-1[{"_placeholder":true,"num":0}]']],
  ["a text where the attachment is due", 4400, [announcement, '42["frame"]']],
  ["a second announcement where the attachment is due", 4400, [announcement, announcement]],
  ["an attachment that was not announced", 4400, [attached(unread)]],
  ["an empty attachment", 4400, [announcement, new Uint8Array()]],
  ["an attachment of another type", 4400, [announcement, Uint8Array.from([2, ...unread])]],
  ["bytes that are no Frame", 4400, [announcement, attached(Uint8Array.from([0x22, 0x7f, 1]))]],
  ["a SYNC that is none", 4400, [announcement, attached(frame(commands.sync, Uint8Array.from([10, 9])))]],
  [
    "a PROVISION that is none",
    4400,
    [announcement, attached(frame(commands.provision, Uint8Array.from([50, 2])))],
  ],
  [
    "a PROVISION that is not UTF-8",
    4400,
    [announcement, attached(frame(commands.provision, Uint8Array.from([50, 1, 255])))],
  ],
  [
    "a compressed frame",
    4400,
    [
      announcement,
      attached(
        encode([
          [2, 1],
          [3, commands.unread],
          [4, ""],
        ]),
      ),
    ],
  ],
  ["an encrypted frame", 4400, [announcement, attached(frame(commands.unread, new Uint8Array(), [[5, 1]]))]],
  ["a text over 64 KiB", 1009, ["2".repeat(kibibytes(64) + 1)]],
  ["a text of fewer characters that is over 64 KiB", 1009, [`2${"一".repeat(kibibytes(22))}`]],
  ["an attachment over 64 KiB", 1009, [announcement, new Uint8Array(kibibytes(64) + 1)]],
  ["an attachment of 1 MiB", 1009, [announcement, new Uint8Array(kibibytes(1024))]],
];

describe("what no client may send", () => {
  it.each(wrong)("closes a socket that is not let in yet: %s with %i", async (_, code, messages) => {
    const client = await sdkOpen();
    for (const message of messages) client.send(message);
    expect(await client.closed()).toMatchObject({ code });
    expect(client.heard).toEqual([]);
  });

  it.each(wrong)("closes its own socket and disturbs no other: %s with %i", async (_, code, messages) => {
    const { phone, native, browser, client } = await pair();
    for (const message of messages) client.send(message);
    expect(await client.closed()).toMatchObject({ code });
    expect(client.heard).toEqual([]);
    await native.notice("device_logout");
    expect(await eventsOf(native)).toEqual([]);
    expect(await listed(phone, browser.deviceSn)).toMatchObject({ online: false });
    expect(await (await sdkConnect(browser, { guid: "browser" })).unread()).toBe(1);
  });

  it("is not a frame of just 64 KiB", async () => {
    const { client } = await pair();
    const bare = frame(commands.unread, new Uint8Array()).length;
    const rest = kibibytes(64) - 1 - bare - 6;
    client.sendFrame(frame(commands.unread, new Uint8Array(), [[100, "x".repeat(rest)]]));
    expect((await client.payload(commands.unread)).message(1).number(1)).toBe(1);
  });

  it("is a message after a hundred without an accepted PROVISION", async () => {
    const { session } = await (await newApp()).session();
    const client = await sdkOpen();
    for (let ping = 0; ping < 101; ping++) client.send("2");
    for (let ping = 0; ping < 100; ping++) expect(await client.text()).toBe("3");
    expect(await client.closed()).toMatchObject({ code: 4400 });
    const letIn = await sdkConnect(session);
    for (let ping = 0; ping < 101; ping++) letIn.send("2");
    for (let ping = 0; ping < 101; ping++) expect(await letIn.text()).toBe("3");
  });

  it("is to leave 256 KiB of answers unread: 1008", async () => {
    const { client } = await pair();
    const unread = vi.spyOn(WebSocket.prototype, "bufferedAmount", "get").mockReturnValue(kibibytes(256));
    await client.ping();
    unread.mockReturnValue(kibibytes(256) + 1);
    client.send("2");
    expect(await client.closed()).toMatchObject({ code: 1008 });
    unread.mockRestore();
  });

  it("is a second PROVISION, after the first was accepted", async () => {
    const { native, browser, client } = await pair();
    client.sendFrame(frame(commands.provision, provisionPayload(browser.token)));
    expect(await client.closed()).toMatchObject({ code: 4400 });
    await native.notice("device_logout");
    expect(await eventsOf(native)).toEqual([]);
    expect((await browser.get("/user/profile")).code).toBe(200);
  });

  it("is a second PROVISION, while the first is looked into", async () => {
    const { session } = await (await newApp()).session();
    const client = await sdkOpen();
    const asking = frame(commands.provision, provisionPayload(session.token));
    client.sendFrame(asking);
    client.sendFrame(asking);
    expect(await client.closed()).toMatchObject({ code: 4400 });
    expect((await session.get("/user/profile")).code).toBe(200);
  });
});

/** A socket on a clock that stands still: the Worker is called from here, so that its timers are those of the test. */
async function timed(): Promise<SdkClient> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  return await sdkOpen({ "cf-connecting-ip": "10.8.0.1" }, workerWith({}));
}

describe("a socket on which no PROVISION is accepted", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is closed with 4408 after 30 s, and not before", async () => {
    const client = await timed();
    vi.advanceTimersByTime(29_999);
    await client.ping();
    vi.advanceTimersByTime(1);
    expect(await client.closed()).toMatchObject({ code: 4408 });
  });

  it("is closed no later for pings, frames and PROVISIONs that are refused", async () => {
    const client = await timed();
    vi.advanceTimersByTime(20_000);
    await client.ping();
    await client.unread();
    expect((await client.provision("nonsense")).code).toBe(7);
    vi.advanceTimersByTime(10_000);
    expect(await client.closed()).toMatchObject({ code: 4408 });
  });

  it("is left alone once one is", async () => {
    const { session } = await (await newApp()).session();
    const client = await timed();
    vi.advanceTimersByTime(29_999);
    expect((await client.provision(session.token)).code).toBe(1);
    vi.advanceTimersByTime(3_600_000);
    expect(await client.unread()).toBe(1);
  });
});
