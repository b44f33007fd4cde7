import { afterEach, describe, expect, it, vi } from "vitest";
import { takePlace } from "../../src/sdk/strangers.ts";
import { newApp } from "./kit/client.ts";
import { movableClock } from "./kit/clock.ts";
import { isOnline } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { hubsWhere } from "./kit/faults.ts";
import { logged } from "./kit/log.ts";
import { type SdkClient, commands, frame, provisionPayload, sdkOpen, sdkUpgrade } from "./kit/sdk-client.ts";

const setAhead = movableClock();

/** How many sockets that are not let in one address may have, and all together. */
const MOST_OF_ONE = 200;
const MOST_OF_ALL = 1_000;

const YEAR = 365 * 24 * 3_600_000;

const from = (address: string) => ({ "cf-connecting-ip": address });

/** Called without the way through the runtime, which takes most of the time of so many. */
const worker = workerWith({});

async function openMany(address: string, count: number): Promise<SdkClient[]> {
  const clients: SdkClient[] = [];
  while (clients.length < count) {
    const some = Math.min(50, count - clients.length);
    clients.push(...(await Promise.all(Array.from({ length: some }, () => sdkOpen(from(address), worker)))));
  }
  return clients;
}

/** A socket of an address, once there is a place for it: the Worker hears of a close a moment after the client. */
async function opensAtLast(address: string): Promise<SdkClient> {
  await vi.waitFor(async () => {
    const { status, webSocket } = await sdkUpgrade(from(address), worker);
    webSocket?.accept();
    webSocket?.close();
    expect(status).toBe(101);
  });
  return await vi.waitFor(async () => sdkOpen(from(address), worker));
}

async function closeAll(clients: readonly SdkClient[]): Promise<void> {
  for (const client of clients) client.close();
  await Promise.all(clients.map((client) => client.closed()));
}

describe("sockets that are not let in", () => {
  it("are refused with 429 beyond 200 of one address, until one of them is let in or gone", async () => {
    const { session } = await (await newApp()).session();
    await logged(async () => {
      const [first, second, ...others] = await openMany("10.7.0.1", MOST_OF_ONE);
      if (!first || !second) throw new Error("no sockets were opened");
      const refused = await sdkUpgrade(from("10.7.0.1"), worker);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      expect(await refused.json()).toMatchObject({ code: 429, data: null });
      const neighbour = await sdkOpen(from("10.7.0.2"), worker);

      expect((await first.provision(session.token)).code).toBe(1);
      const third = await sdkOpen(from("10.7.0.1"), worker);
      expect((await sdkUpgrade(from("10.7.0.1"), worker)).status).toBe(429);

      second.close();
      const fourth = await opensAtLast("10.7.0.1");
      expect((await sdkUpgrade(from("10.7.0.1"), worker)).status).toBe(429);
      await closeAll([first, third, fourth, neighbour, ...others]);
    });
  });

  it("give way beyond 1,000 of all addresses: the oldest of the address that has the most", async () => {
    // The places that other tests have left taken are free again by then.
    setAhead(YEAR);
    const ousted: number[] = [];
    const taken = Array.from({ length: MOST_OF_ALL - 2 }, (_, at) =>
      takePlace(`10.7.4.${at % 5}`, () => ousted.push(at)),
    );
    const early = await sdkOpen(from("10.7.5.1"), worker);
    const other = await sdkOpen(from("10.7.5.2"), worker);
    const late = await sdkOpen(from("10.7.5.3"), worker);
    expect(ousted).toEqual([0]);
    for (const each of [early, other, late]) await each.ping();
    for (const leave of taken) leave();
    const many = Array.from({ length: MOST_OF_ALL - 5 }, (_, at) =>
      takePlace(`10.7.6.${at}`, () => undefined),
    );
    const [first, second] = [
      await sdkOpen(from("10.7.5.1"), worker),
      await sdkOpen(from("10.7.5.1"), worker),
    ];
    const newcomer = await sdkOpen(from("10.7.5.4"), worker);
    expect(await early.closed()).toMatchObject({ code: 4408 });
    for (const leave of many) leave();
    await closeAll([other, late, first, second, newcomer]);
  });

  it("are refused with 429 beyond 1,000 where no address has more, for as long as those may live", async () => {
    setAhead(2 * YEAR);
    const taken = Array.from({ length: MOST_OF_ALL - 1 }, (_, at) =>
      takePlace(`10.7.${at >> 8}.${at & 255}`, () => undefined),
    );
    const last = await sdkOpen(from("10.7.200.1"), worker);
    expect((await sdkUpgrade(from("10.7.200.2"), worker)).status).toBe(429);
    setAhead(2 * YEAR + 59_000);
    expect((await sdkUpgrade(from("10.7.200.2"), worker)).status).toBe(429);
    setAhead(2 * YEAR + 61_000);
    const next = await sdkOpen(from("10.7.200.2"), worker);
    for (const leave of taken) leave();
    await closeAll([last, next]);
  });

  it("are counted where they are opened, and refused with 429 where their address calls too often", async () => {
    const counted: string[] = [];
    const CALLS = {
      limit: async ({ key }: RateLimitOptions) => {
        counted.push(key);
        return { success: false };
      },
    };
    const refused = await sdkUpgrade(from("10.7.3.1"), workerWith({ CALLS }));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(counted).toEqual(["10.7.3.1"]);
  });

  it("count against their address with each PROVISION that is refused, whatever was wrong with it", async () => {
    const { session } = await (await newApp()).session();
    const counted: string[] = [];
    const CALLS = {
      limit: async ({ key }: RateLimitOptions) => {
        counted.push(key);
        return { success: counted.length < 5 };
      },
    };
    const client = await sdkOpen(from("10.7.3.2"), workerWith({ CALLS }));
    expect(await client.provision("nonsense")).toMatchObject({ code: 7 });
    expect(await client.provision(`wu_${"B".repeat(43)}`)).toMatchObject({ code: 7 });
    expect(await client.provision(session.token, { uid: session.userId + 1 })).toMatchObject({ code: 7 });
    expect(await client.provision(session.token, { uid: session.userId + 1 })).toMatchObject({ code: 20 });
    expect(counted).toEqual(Array.from({ length: 5 }, () => "10.7.3.2"));
    expect(await client.provision(session.token)).toMatchObject({ code: 1 });
    expect(counted).toHaveLength(5);
  });
});

/** A socket on a clock that stands still, and how often the platform was told to end what holds it. */
async function timed(rude: boolean, changes: Partial<Cloudflare.Env> = {}) {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const abort = vi.fn<() => void>();
  const client = await sdkOpen(from("10.7.4.1"), workerWith(changes, abort), rude);
  return { client, abort };
}

describe("a socket whose client answers no close", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is ended 5 s after its close", async () => {
    const { client, abort } = await timed(true);
    client.send("no packet");
    expect(await client.closed()).toMatchObject({ code: 4400 });
    vi.advanceTimersByTime(4_999);
    expect(abort).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(abort).toHaveBeenCalledOnce();
  });

  it("is ended 35 s after its opening where no PROVISION is accepted", async () => {
    const { client, abort } = await timed(true);
    vi.advanceTimersByTime(30_000);
    expect(await client.closed()).toMatchObject({ code: 4408 });
    vi.advanceTimersByTime(5_000);
    expect(abort).toHaveBeenCalledOnce();
  });

  it("is ended where its device was let in, too", async () => {
    const { session } = await (await newApp()).session();
    const { client, abort } = await timed(true);
    await client.provision(session.token);
    await session.set("/user/kick", {});
    await client.notice(5);
    expect(await client.closed()).toMatchObject({ code: 4005 });
    vi.advanceTimersByTime(5_000);
    expect(abort).toHaveBeenCalledOnce();
  });

  it("is not ended before it is known what becomes of its PROVISION", async () => {
    const { session } = await (await newApp()).session({ device_guid: "g" });
    const isAsked = Promise.withResolvers<void>();
    const mayAnswer = Promise.withResolvers<void>();
    const HUB = hubsWhere("fetch", async (run) => {
      const answer = await run();
      isAsked.resolve();
      await mayAnswer.promise;
      return answer;
    });
    const { client, abort } = await timed(true, { HUB });
    client.sendFrame(frame(commands.provision, provisionPayload(session.token)));
    await isAsked.promise;
    client.send("no packet");
    await client.closed();
    vi.advanceTimersByTime(5_000);
    expect(abort).not.toHaveBeenCalled();
    mayAnswer.resolve();
    await expect.poll(() => abort.mock.calls.length).toBe(1);
    await expect.poll(async () => isOnline(session)).toBe(false);
  });

  it("is told from one whose client does answer", async () => {
    const { client, abort } = await timed(false);
    client.send("no packet");
    expect(await client.closed()).toMatchObject({ code: 4400 });
    await expect.poll(() => vi.getTimerCount()).toBe(0);
    expect(abort).not.toHaveBeenCalled();
  });
});
