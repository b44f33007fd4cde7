import { describe, expect, it } from "vitest";
import document from "../../docs/revocation.md?raw";
import { movableClock } from "./kit/clock.ts";
import { codeOf, isOnline, listDevices } from "./kit/devices.ts";
import { hold } from "./kit/held.ts";
import { isOpen, race, rounds, trySignIn } from "./kit/race.ts";
import {
  type Row,
  type Stage,
  askForSocket,
  boundAfter,
  boundInD1,
  columns,
  fateOf,
  leftInD1,
  matrix,
  newStage,
  passwordFor,
  reconnectOf,
  setSuspended,
  tryBind,
  wordsOf,
} from "./kit/revocation.ts";
import type { Device } from "./kit/socket.ts";
import { profileOf, tagsOf } from "./kit/wire.ts";

/** How often calls race each event. */
const ROUNDS = 5;

const ahead = movableClock();

/** The stage after a row's event. */
async function after(row: Row): Promise<Stage> {
  const stage = await newStage(row, ahead);
  await row.happen(stage);
  return stage;
}

/** The rows of the document's first table, each a list of its cells. */
function documented(): string[][] {
  const rows = document.split("\n").filter((line) => line.startsWith("| "));
  const cells = rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.replaceAll(/[`*]/g, "").trim()),
  );
  return cells.filter((row) => row.length === columns.length + 1).slice(2);
}

describe("the revocation matrix", () => {
  it("has all 11 events and all 7 columns: 77 cells", () => {
    expect(new Set(matrix.map((row) => row.event)).size).toBe(11);
    expect(columns).toHaveLength(7);
    const cells = matrix.flatMap((row) => wordsOf(row).slice(1));
    expect(cells.filter((cell) => cell !== "")).toHaveLength(77);
  });

  it("says the same in the document", () => {
    expect(documented()).toEqual(matrix.map(wordsOf));
  });
});

describe.each(matrix)("after the event '$event'", (row) => {
  const [, call, held, socket, reconnect, signIn, push] = wordsOf(row);

  it(`a call with the old token is answered: ${call}`, async () => {
    const { phone } = await after(row);
    expect(await codeOf(phone)).toBe(row.call);
    // A write and a call that the hub itself decides on hear the same as a read.
    expect((await phone.set("/user/nickname", { nick_name: "late" })).code).toBe(row.call);
    expect((await tryBind(phone)).code).toBe(row.call);
  });

  it(`a call whose body is still to come is answered: ${held}`, async () => {
    const stage = await newStage(row, ahead);
    const { app, user, phone } = stage;
    const held = [
      await hold(phone, "POST", "/user/profile", { nick_name: "late" }),
      await hold(phone, "POST", "/user/push/tag", { tags: ["late"] }),
      await hold(phone, "POST", "/user/token/bind", {
        device_sn: phone.deviceSn,
        device_token: "late",
        notifier_name: "apns",
      }),
      await hold(phone, "POST", "/user/kick", {}),
      await hold(phone, "POST", "/user/delete", {}),
    ];
    await row.happen(stage);

    const answers = await Promise.all(held.map((each) => each.send()));

    expect(answers.map(({ code }) => code)).toEqual(held.map(() => row.call));
    expect(await boundInD1(user.id)).toEqual(boundAfter(row));
    if (row.event === "delete") return;
    if (row.event === "app suspended") await setSuspended(app, false);
    expect(await profileOf(app.actingFor(user))).toMatchObject({ user_id: user.id, nick_name: "" });
    expect(await tagsOf(app.actingFor(user))).toEqual([]);
  });

  it(`what the open socket hears and is closed with is: ${socket}`, async () => {
    const { phoneSocket } = await after(row);
    const { notice, close } = row.socket;
    const heard = notice === undefined ? [] : [{ event: notice, retry: false }];
    expect(await fateOf(phoneSocket, row)).toEqual({ heard, end: close });
  });

  it(`a reconnect is told: ${reconnect}`, async () => {
    const { phone } = await after(row);
    expect(await reconnectOf(phone)).toEqual(row.reconnect);
  });

  it(`a sign-in of the same device is answered: ${signIn}`, async () => {
    const { app, user, phone } = await after(row);
    const tried: Row["sign_in"][number][] = [];
    for (const { password } of row.sign_in) {
      const given = { device_guid: "phone", platform: 1, password: passwordFor(password, user.password) };
      const { code, session } = await trySignIn(app, user, given);
      const list = session && (await listDevices(session)).devices.map((device) => device.device_sn);
      const serial = list?.includes(phone.deviceSn ?? 0) ? "same" : "new";
      tried.push({ password, code, ...(list && { serial }) });
    }
    expect(tried).toEqual(row.sign_in);
    // What has died stays dead.
    expect(await codeOf(phone)).not.toBe(200);
  });

  it(`the push binding is: ${push}`, async () => {
    const { user, phone } = await after(row);
    expect(phone.deviceSn).toBe(1);
    expect(await boundInD1(user.id)).toEqual(boundAfter(row));
  });
});

/** What is alive of a stage and should not be, in words. */
async function revived(row: Row, { app, user, phone }: Stage): Promise<string[]> {
  if (row.event === "delete") return (await leftInD1(user.id)).map((left) => JSON.stringify(left));
  if (row.event === "app suspended") await setSuspended(app, false);
  const acting = app.actingFor(user);
  const { devices } = await listDevices(acting);
  const isListedOnline = devices.some((device) => device.device_sn === phone.deviceSn && device.online);
  const anyOnline = devices.some((device) => device.online);
  return [
    ...(isListedOnline && row.socket.close !== "stays open" ? ["the phone is online"] : []),
    ...((await isOnline(acting)) === anyOnline ? [] : ["the online state is not that of the list"]),
  ];
}

describe("calls that are under way", () => {
  it.each(matrix.map((row) => ({ row, event: row.event, words: wordsOf(row).at(-1) })))(
    "at the event '$event' may finish and revive nothing: $words",
    async ({ row }) => {
      await rounds(async (round) => {
        ahead(0);
        const stage = await newStage(row, ahead);
        const { user, phone, phoneSocket } = stage;
        const { answers, after } = row.under_way;
        const happen = async () => {
          await row.happen(stage);
          // What was there before is dead the moment that the event returns.
          expect(await codeOf(phone)).toBe(after);
          return {};
        };
        const write = () => phone.post("/user/push/tag", { tags: ["late"] });
        const bind = () => tryBind(phone);
        const connect = () => askForSocket(phone);

        const came = await race<{ socket?: Device; code?: number }>(round, [bind, happen, connect, write]);

        const codes = came.flatMap(({ code }) => code ?? []);
        expect(codes.filter((code) => !answers.includes(code))).toEqual([]);
        expect(await codeOf(phone)).toBe(after);
        expect(await boundInD1(user.id)).toEqual(boundAfter(row));
        const sockets = [phoneSocket, ...came.flatMap(({ socket }) => socket ?? [])];
        const open = (await Promise.all(sockets.map(isOpen))).filter(Boolean);
        expect(open).toHaveLength(row.socket.close === "stays open" ? 1 : 0);
        expect(await revived(row, stage)).toEqual([]);
      }, ROUNDS);
    },
  );
});
