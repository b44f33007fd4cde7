import { FULL, GB, type Kept, billOf, bytesOfUser, kept, limits, loadOf } from "./scaling-model.ts";
import { simulateCrashes, simulateSpread } from "./scaling-spread.ts";

/** A table of docs/scaling.md. */
export interface Table {
  title: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

const whole = (value: number) => Math.round(value).toLocaleString("en-US");
const rate = (value: number) => (value < 10 ? value.toFixed(1) : whole(value));
const share = (value: number) => `${whole(value * 100)} %`;
const gigabytes = (bytes: number) => `${whole(bytes / GB)} GB`;

const users = [1e6, 10e6, 100e6];
const named = users.map((each) => `${each / 1e6} million`);
const perSize = (what: string, show: (load: ReturnType<typeof loadOf>) => string) => [
  what,
  ...users.map((each) => show(loadOf(each))),
];

function load(): Table {
  return {
    title: "what comes in, in the busiest hour, a second",
    head: ["users", ...named],
    rows: [
      perSize("apps", ({ apps }) => whole(apps)),
      perSize("users of the largest app", ({ largest }) => whole(largest)),
      perSize("calls", ({ calls }) => whole(calls)),
      perSize("sign-ins", ({ signIns }) => whole(signIns)),
      perSize("connections that come", ({ connections }) => whole(connections)),
      perSize("devices connected at once", ({ connected }) => whole(connected)),
    ],
  };
}

function parts(): Table {
  return {
    title: "what each part bears, in the busiest hour",
    head: ["users", ...named],
    rows: [
      perSize("stored in the user databases", ({ bytes }) => gigabytes(bytes)),
      perSize("user databases, for their size", ({ bySize }) => whole(bySize)),
      perSize("user databases, for their load", ({ byLoad }) => whole(byLoad)),
      perSize("statements a second in one of them", ({ perDatabase }) => rate(perDatabase)),
      perSize("statements a second in the directory", ({ directory }) => rate(directory)),
      perSize("messages a second in the queue of hubs", ({ messages }) => whole(messages)),
      perSize("KV reads a second", ({ kvReads }) => whole(kvReads)),
      perSize("KV writes a second", ({ kvWrites }) => whole(kvWrites)),
    ],
  };
}

function shares(): Table {
  return {
    title: "shares of what the platform gives",
    head: ["limit", ...named],
    rows: [
      perSize("the largest app: 10 GB a database", ({ largestBytes }) =>
        share(largestBytes / limits.database),
      ),
      perSize("databases: 1,023, by the ids", ({ databases }) => share(databases / limits.databases)),
      perSize("storage of an account: 1 TB, more on request", ({ bytes }) => share(bytes / limits.account)),
      perSize("the directory: 1,000 statements a second", ({ directory }) =>
        share(directory / limits.statements),
      ),
      perSize("a user database: 1,000 statements a second", ({ perDatabase }) =>
        share(perDatabase / limits.statements),
      ),
      perSize("a queue: 5,000 messages a second", ({ messages }) => share(messages / limits.queue)),
    ],
  };
}

function retention(): Table {
  const ways: [string, Kept][] = [
    ["token_ttl 90 days, records 180 days (as it is)", kept],
    ["token_ttl 30 days, records 180 days", { token: 30, record: 180 }],
    ["token_ttl 7 days, records 180 days", { token: 7, record: 180 }],
    ["token_ttl 7 days, records 30 days", { token: 7, record: 30 }],
    ["no token kept, records 30 days", { token: -30, record: 30 }],
  ];
  return {
    title: "what is kept for how long, and what a database then holds",
    head: [
      "kept",
      "bytes a user",
      "users of a database that is 70 % full",
      "the largest app that fits one",
      "databases for 100 million users",
    ],
    rows: ways.map(([name, how]) => {
      const bytes = bytesOfUser(how);
      return [
        name,
        whole(bytes),
        whole((limits.database * FULL) / bytes),
        whole(limits.database / bytes),
        whole(loadOf(100e6, how).databases),
      ];
    }),
  };
}

function bill(): Table {
  const bills = users.map((each) => billOf(each));
  const lines = (bills[0] ?? []).map(({ what }, line) => [
    what,
    ...bills.map((each) => whole(each[line]?.dollars ?? 0)),
  ]);
  const total = bills.map((each) => whole(each.reduce((sum, { dollars }) => sum + dollars, 0)));
  return { title: "a month, in US dollars", head: ["users", ...named], rows: [...lines, ["all", ...total]] };
}

function spread(): Table {
  return {
    title: "an app of 50 million users over N databases",
    head: [
      "databases",
      "users of one: mean, most",
      "full, the fullest",
      "names of one: mean, most",
      "statements a second: mean, most",
      "the busiest, were they filled in turn",
    ],
    rows: simulateSpread(50e6, [16, 64, 256, 512]).map((each) => [
      whole(each.databases),
      `${whole(each.users.mean)}, ${whole(each.users.most)}`,
      share(each.full),
      `${whole(each.names.mean)}, ${whole(each.names.most)}`,
      `${rate(each.busy.mean)}, ${rate(each.busy.most)}`,
      rate(each.busyInTurn),
    ]),
  };
}

function crashes(): Table {
  const days = [simulateCrashes(500_000, "fence"), simulateCrashes(500_000, "age")];
  const row = (what: string, show: (day: (typeof days)[number]) => string) => [what, ...days.map(show)];
  return {
    title: "a day of 500,000 registrations that crash",
    head: ["the sweep goes by", "the claim's fence", "age alone"],
    rows: [
      row("calls that died", ({ crashed }) => whole(crashed)),
      row("reservations without a user, the most at once", ({ garbageMost }) => whole(garbageMost)),
      row("reservations without a user, at the end", ({ garbageLeft }) => whole(garbageLeft)),
      row("the longest that a name was kept from everybody", ({ blocked }) => `${whole(blocked)} s`),
      row("users whose reservation the sweep confirmed", ({ confirmed }) => whole(confirmed)),
      row("calls that came too late and were refused", ({ refused }) => whole(refused)),
      row("users whose name another can take", ({ doubled }) => whole(doubled)),
    ],
  };
}

/** The tables of docs/scaling.md, each as what the models and simulations say of it. */
export const tables: readonly (() => Table)[] = [load, parts, shares, retention, bill, spread, crashes];
