import { quantile } from "./measure.ts";
import { Connection, type Sent, succeed } from "./wire.ts";

/** One side of a duel: what it is asked, by the lane that asks and a number that no other request has. */
export interface Side {
  origin: string;
  request: (lane: number, turn: number) => Sent;
  /** What is done before each round, and not measured. */
  before?: () => Promise<void>;
}

/** What a side took, over all rounds. */
export interface Took {
  /** Milliseconds of each request, sorted. */
  times: number[];
  /** Requests a second: the median of the rounds. */
  rate: number;
}

/** How often each side has its round; less often where the machine is slow, so that all of it ends in time. */
const ROUNDS = Number(process.env["ROUNDS"] ?? 21);
const LEAST_ROUNDS = 3;
/** How long (ms) two sides may take turns. */
const BUDGET = 8_000;
/**
 * How many requests each side answers before it is measured, and how long (ms) it may be asked for them: until then much is
 * compiled. What is done before a round does not count, or a side that must do more for its rounds would be measured cold.
 */
const WARM_UP = { requests: 1_500, ms: 6_000 };

const medianOf = (values: readonly number[]) =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );

/**
 * Has two sides take turns, round by round, so that what else the machine does falls on both: `lanes` connections, each with
 * one request at a time, `count` requests a round. `ratio` is the median of what the first did a second in parts of what the
 * second did in the round beside it.
 */
export async function duel(
  sides: readonly [Side, Side],
  { lanes, count }: { lanes: number; count: number },
): Promise<{ took: [Took, Took]; ratio: number; rounds: number }> {
  const first = await lineUp(sides[0], lanes, count);
  const second = await lineUp(sides[1], lanes, count);
  const end = performance.now() + BUDGET;
  for (let round = 0; round < ROUNDS; round++) {
    if (round >= LEAST_ROUNDS && performance.now() > end) break;
    const order = round % 2 === 0 ? [first, second] : [second, first];
    for (const player of order) await player.play(round);
  }
  const ratios = first.rates.map((rate, round) => rate / (second.rates[round] ?? Number.NaN));
  return { took: [first.end(), second.end()], ratio: medianOf(ratios), rounds: ratios.length };
}

/** A number for each request that was sent. */
let sent = 0;

async function lineUp(side: Side, lanes: number, count: number) {
  const connections = await Promise.all(Array.from({ length: lanes }, () => Connection.open(side.origin)));
  const times: number[] = [];
  const rates: number[] = [];
  const ask = async (connection: Connection, lane: number) => {
    const request = side.request(lane, sent++);
    const start = performance.now();
    await succeed(connection, request);
    return performance.now() - start;
  };
  let spent = 0;
  const play = async (round: number) => {
    await side.before?.();
    const turns = Array.from({ length: count }).values();
    const start = performance.now();
    const work = async (connection: Connection, lane: number) => {
      for (const _ of turns) times.push(await ask(connection, lane));
    };
    await Promise.all(connections.map(work));
    const took = performance.now() - start;
    spent += took;
    rates[round] = (count * 1000) / took;
  };
  while (times.length < WARM_UP.requests && spent < WARM_UP.ms) await play(0);
  times.length = 0;
  return {
    rates,
    play,
    end(): Took {
      for (const connection of connections) connection.close();
      return { times: times.toSorted((a, b) => a - b), rate: medianOf(rates) };
    },
  };
}
