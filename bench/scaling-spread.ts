import { seeded } from "./random.ts";
import { PEAK, bytesOfUser, kept, limits, statements } from "./scaling-model.ts";

/** What stands on the databases of one app that is spread over many: the most of any of them, and the mean. */
export interface Spread {
  databases: number;
  /** Users a database. */
  users: { mean: number; most: number };
  /** Of the bytes that a database holds, in the fullest. */
  full: number;
  /** Names a database. */
  names: { mean: number; most: number };
  /** Statements a second at peak. */
  busy: { mean: number; most: number };
  /** The same in the busiest, were databases filled one after another. */
  busyInTurn: number;
}

const SLOTS = 1_024;

/**
 * Places users by chance on the slots of an app, their names on others, and counts what each slot bears for numbers of
 * databases that divide 1,024. What a user does follows a Pareto law: one of a hundred does a third of all. Those who
 * came last, one in ten of all, do three times as much each.
 */
export function simulateSpread(users: number, counts: readonly number[]): Spread[] {
  const random = seeded(2);
  const homes = new Float64Array(SLOTS);
  const names = new Float64Array(SLOTS);
  const busy = new Float64Array(SLOTS);
  const inTurn = new Float64Array(SLOTS);
  let sum = 0;
  for (let user = 0; user < users; user++) {
    const home = (random() * SLOTS) | 0;
    const name = (random() * SLOTS) | 0;
    // The exponent is 1.25; nobody does more than 10,000 times the least, as calls of one session are limited.
    const activity = Math.min(10_000, random() ** -0.8) * (user >= users * 0.9 ? 3 : 1);
    homes[home] = (homes[home] ?? 0) + 1;
    names[name] = (names[name] ?? 0) + 1;
    busy[home] = (busy[home] ?? 0) + activity;
    const place = Math.floor((user / users) * SLOTS);
    inTurn[place] = (inTurn[place] ?? 0) + activity;
    sum += activity;
  }
  const scale = ((users / 1e6) * statements * PEAK) / sum;
  return counts.map((databases) => {
    const folded = (slots: Float64Array) => {
      const totals = new Float64Array(databases);
      slots.forEach((each, slot) => {
        const database = slot % databases;
        totals[database] = (totals[database] ?? 0) + each;
      });
      return Math.max(...totals);
    };
    const most = folded(homes);
    const perTurn = SLOTS / databases;
    const turns = Array.from({ length: databases }, (_, turn) =>
      inTurn.slice(turn * perTurn, (turn + 1) * perTurn).reduce((total, each) => total + each, 0),
    );
    return {
      databases,
      users: { mean: users / databases, most },
      full: (most * bytesOfUser(kept)) / limits.database,
      names: { mean: users / databases, most: folded(names) },
      busy: { mean: (sum * scale) / databases, most: folded(busy) * scale },
      busyInTurn: Math.max(...turns) * scale,
    };
  });
}

/** What became of a day's registrations, some of which died on the way. */
export interface Crashes {
  /** How the sweep takes back a reservation: with the claim's fence at the user's database, or by its age alone. */
  sweep: "fence" | "age";
  registrations: number;
  crashed: number;
  /** Reservations without a user: the most at once, and after the day. */
  garbageMost: number;
  garbageLeft: number;
  /** The longest that a name was kept from everybody by a call that died (s). */
  blocked: number;
  /** Users whose reservation was confirmed by the sweep. */
  confirmed: number;
  /** Calls that came too late, and were refused. */
  refused: number;
  /** Users who stand without a reservation: others can take their names. */
  doubled: number;
}

const DAY = 86_400;
/** How old a reservation is (s) before the sweep asks what became of it, and how often it does. */
const AGE = 60;
const EVERY = 60;

/** Simulates a day of so many registrations: of 1,000 one dies after each step, and of 10,000 one stands still for long. */
export function simulateCrashes(registrations: number, sweep: Crashes["sweep"]): Crashes {
  const random = seeded(3);
  const changes = new Float64Array(DAY + 2 * AGE + 2 * EVERY);
  const result = { crashed: 0, blocked: 0, confirmed: 0, refused: 0, doubled: 0 };
  const garbage = (from: number, to: number) => {
    changes[Math.floor(from)] = (changes[Math.floor(from)] ?? 0) + 1;
    changes[Math.floor(to)] = (changes[Math.floor(to)] ?? 0) - 1;
    result.blocked = Math.max(result.blocked, to - from);
  };
  for (let each = 0; each < registrations; each++) {
    const reserved = random() * DAY;
    // The first sweep that finds it old enough.
    const swept = (Math.floor((reserved + AGE) / EVERY) + 1) * EVERY;
    const fate = random();
    if (fate < 0.003) result.crashed++;
    if (fate < 0.001) garbage(reserved, swept);
    else if (fate < 0.002) result.confirmed++;
    else if (fate >= 0.003 && fate < 0.0031) {
      const written = reserved + random() * 300;
      if (written <= swept) continue;
      garbage(reserved, swept);
      if (sweep === "fence") result.refused++;
      else result.doubled++;
    }
  }
  let now = 0;
  let garbageMost = 0;
  for (const change of changes.subarray(0, DAY)) {
    now += change;
    garbageMost = Math.max(garbageMost, now);
  }
  const left = changes.reduce((total, change) => total + change, 0);
  return { sweep, registrations, garbageMost, garbageLeft: left, ...result };
}
