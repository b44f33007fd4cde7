/** The load to design against, and what bears it. All rates are means over a day, a second, for each million users. */
const MILLION = 1_000_000;
const DAY = 86_400;
export const GB = 1e9;

/** How many times its mean a rate is in the busiest hour. */
export const PEAK = 4;

const CALLS_A_DAY = 20;
const WRITES_A_DAY = 2;
export const calls = (MILLION * CALLS_A_DAY) / DAY;
const writes = (MILLION * WRITES_A_DAY) / DAY;
const signIns = 10;
const connections = 30;
/** How long a device stays connected (s). */
const CONNECTED = 1_200;
/** Of all users, those whose app hears their devices come and go. */
const WEBHOOKS = 0.1;
/** Of all calls, those that come to an isolate which has not seen the token. */
const COLD = 0.5;
/** Events of hubs: each sign-in ends the device's older session, and apps with a webhook hear two of a connection. */
const events = signIns + WEBHOOKS * 2 * connections;

/** Statements of the user databases but for events: a write; a sign-in's two reads and its token; a push token bound anew. */
export const statements = writes + signIns * 3 + signIns * 2;

/** Bytes of D1 as `npm run bench:scaling` measures them, rounded: a user, a token, a record of the audit. */
export const sizes = { user: 1_040, token: 250, record: 280 };
/** Bytes of a hub: some 22 trees, most of them one page of 4 KiB. */
export const HUB_SIZE = 90_000;
/** How long (days) a token is kept after its life. */
const AFTERLIFE = 30;

/** How long things are kept (days). */
export interface Kept {
  token: number;
  record: number;
}

/** As it is where an app sets nothing. */
export const kept: Kept = { token: 90, record: 180 };

const signInsADay = (signIns * DAY) / MILLION;

/** Bytes of a user in D1 when what is kept for a time has come to stand. */
export function bytesOfUser({ token, record }: Kept): number {
  return sizes.user + signInsADay * ((token + AFTERLIFE) * sizes.token + record * sizes.record);
}

/** What the platform gives. */
export const limits = {
  statements: 1_000,
  database: 10 * GB,
  account: 1_000 * GB,
  databases: 1_023,
  queue: 5_000,
  hub: 500,
  batch: 100,
};
/** How full a database may be, and how busy, before the next one is added. */
export const FULL = 0.7;
const BUSY = 0.5;

/** The sizes of apps: the second has half of the first's users, the third a third (Zipf). One app for 10,000 users. */
export function appSizes(users: number): number[] {
  const ranks = Array.from({ length: users / 10_000 }, (_, rank) => 1 / (rank + 1));
  const sum = ranks.reduce((total, each) => total + each, 0);
  return ranks.map((each) => (users * each) / sum);
}

/** How many different databases the messages of one batch go to, where they go to any of `count`. */
export const spreadOf = (count: number) => count * (1 - (1 - 1 / count) ** limits.batch);

/** Calls a second that an isolate is given. */
const CALLS_OF_ISOLATE = 20;
/** How long (s) an isolate remembers an app. */
const REMEMBERED = 30;

/** How often a second, at peak, isolates read an app from the directory: each reads each app that it is called for. */
export function directoryReads(users: number): number {
  const isolates = ((users / MILLION) * calls * PEAK) / CALLS_OF_ISOLATE;
  const reads = appSizes(users).map((size) => {
    const perIsolate = ((size / MILLION) * calls * PEAK) / isolates;
    return isolates / (REMEMBERED + 1 / perIsolate);
  });
  return reads.reduce((total, each) => total + each, 0);
}

/** What each part bears at peak, with so many users. */
export function loadOf(users: number, how: Kept = kept) {
  const millions = users / MILLION;
  const bytes = users * bytesOfUser(how);
  const bySize = Math.ceil(bytes / (limits.database * FULL));
  const byLoad = Math.ceil((millions * statements * PEAK) / (limits.statements * BUSY));
  const databases = Math.max(bySize, byLoad);
  const messages = millions * events * PEAK;
  // Two statements for each database that a batch has something for.
  const paying = (messages / limits.batch) * spreadOf(databases) * 2;
  return {
    calls: millions * calls * PEAK,
    signIns: millions * signIns * PEAK,
    connections: millions * connections * PEAK,
    connected: millions * connections * CONNECTED,
    apps: appSizes(users).length,
    largest: appSizes(users)[0] ?? 0,
    largestBytes: (appSizes(users)[0] ?? 0) * bytesOfUser(how),
    directory: directoryReads(users),
    bytes,
    bySize,
    byLoad,
    databases,
    perDatabase: (millions * statements * PEAK + paying) / databases,
    messages,
    kvReads: millions * calls * COLD * PEAK,
    kvWrites: millions * signIns * PEAK,
  };
}

/** A line of the bill: how much a month, what is included in the plan, and the price of one (US dollars). */
interface Line {
  what: string;
  amount: number;
  included: number;
  price: number;
}

const MONTH = 30 * DAY;
const perMillion = (price: number) => price / MILLION;
/** How often the alarm of a hub comes while a device is connected. */
const ALARMS = CONNECTED / 80;

/** Rows of hubs that are written for one of each. */
const hubRows = { signIn: 20, connection: 8, write: 3, call: 0.4, alarm: 1, binding: 2 };
/** Rows and index entries of D1 that are written for one of each; what is forgotten later is written once more. */
const d1Rows = { write: 1.2, token: 8, record: 10, binding: 2 };

/** The bill of a month, with so many users. */
export function billOf(users: number, how: Kept = kept): { what: string; dollars: number }[] {
  const millions = users / MILLION;
  const month = (rate: number) => rate * millions * MONTH;
  const alarms = connections * ALARMS;
  const hubCalls = calls + signIns * 3 + connections + alarms + (connections * CONNECTED) / 30 / 20;
  const rowsOfHubs =
    signIns * (hubRows.signIn + hubRows.binding) +
    connections * hubRows.connection +
    writes * hubRows.write +
    calls * hubRows.call +
    alarms * hubRows.alarm;
  const rowsOfD1 = writes * d1Rows.write + signIns * (d1Rows.token + d1Rows.record + d1Rows.binding);
  // Seconds that a hub is awake: a look, a write, a sign-in, an alarm.
  const awake = calls * 0.005 + writes * 0.03 + signIns * 0.1 + alarms * 0.005;
  const requests = calls + signIns + connections;
  const lines: Line[] = [
    { what: "Workers: requests", amount: month(requests), included: 10e6, price: perMillion(0.3) },
    {
      what: "Workers: CPU (2 ms a request, 40 ms a hash)",
      amount: month(requests * 2 + signIns * 40),
      included: 30e6,
      price: perMillion(0.02),
    },
    {
      what: "Workers Logs: a line a request",
      amount: month(requests),
      included: 20e6,
      price: perMillion(0.6),
    },
    { what: "hubs: requests and alarms", amount: month(hubCalls), included: 1e6, price: perMillion(0.15) },
    { what: "hubs: time awake", amount: month(awake * 0.128), included: 400e3, price: perMillion(12.5) },
    { what: "hubs: rows written", amount: month(rowsOfHubs), included: 50e6, price: perMillion(1) },
    { what: "hubs: stored", amount: (users * HUB_SIZE) / GB, included: 5, price: 0.2 },
    { what: "D1: rows written", amount: month(rowsOfD1), included: 50e6, price: perMillion(1) },
    { what: "D1: stored", amount: (users * bytesOfUser(how)) / GB, included: 5, price: 0.75 },
    { what: "KV: reads", amount: month(calls * COLD), included: 10e6, price: perMillion(0.5) },
    { what: "KV: writes", amount: month(signIns), included: 1e6, price: perMillion(5) },
    {
      what: "Queues: three operations an event",
      amount: month(events * 3),
      included: 1e6,
      price: perMillion(0.4),
    },
  ];
  return lines.map(({ what, amount, included, price }) => ({
    what,
    dollars: Math.max(0, amount - included) * price,
  }));
}
