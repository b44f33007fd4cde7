import { afterEach, describe, expect, it, vi } from "vitest";
import { TooMany } from "../../src/domain/reasons.ts";
import { type Bounds, HashQueue, type Steps } from "../../src/passwords/queue.ts";
import { movableClock } from "./kit/clock.ts";

const setForward = movableClock();

afterEach(() => {
  vi.restoreAllMocks();
});

const wide: Bounds = { kind: "public", party: 100, group: 100, all: 100 };

/** A queue, and a way to have it hash: each step of a caller leaves its name in `order`. */
function watched(bounds = wide) {
  const order: string[] = [];
  const queue = new HashQueue();
  function* steps(name: string, count: number): Steps<string> {
    for (let step = 0; step < count; step++) {
      if (step > 0) yield;
      order.push(name);
    }
    return name;
  }
  const run = (group: string, name: string, count = 1) =>
    queue.run({ group, name }, bounds, steps(name, count));
  /** Waits until so many hashes are done. */
  const until = (count: number) => vi.waitUntil(() => order.length >= count, { interval: 1 });
  return { order, run, until };
}

/** Two hashes, of which the second does the work. */
function* inTwo(work: () => string): Steps<string> {
  yield;
  return work();
}

/** The next request that waits for a turn ends while it waits: what it waits for never comes. */
function nextEndsWaiting(count = 1): void {
  const spy = vi.spyOn(scheduler, "wait");
  for (let each = 0; each < count; each++)
    spy.mockImplementationOnce(() => new Promise<void>(() => undefined));
}

describe("the turns of an isolate's hashes", () => {
  it("go round: one that comes during a batch waits for two hashes at most", async () => {
    const { order, run, until } = watched();
    const batch = run("admin", "batch", 30);
    await until(3);
    const before = order.length;
    await run("public", "one");
    expect(order.slice(before).filter((name) => name === "batch").length).toBeLessThanOrEqual(2);
    expect(order.length).toBeLessThan(30);
    await batch;
    expect(order.length).toBe(31);
  });

  it("go round by address, so that who asks for much at once does not come before who asks for little", async () => {
    const { order, run } = watched();
    const storm = Array.from({ length: 20 }, () => run("app", "storm"));
    const others = [run("app", "one"), run("app", "two"), run("other app", "three")];
    await Promise.all(others);
    expect(order.filter((name) => name === "storm").length).toBeLessThanOrEqual(4);
    await Promise.all(storm);
  });

  it("go round by app before they go round by address", async () => {
    const { order, run } = watched();
    const many = Array.from({ length: 20 }, (_, each) => run("app", `address ${each}`));
    await run("other app", "one");
    expect(order.indexOf("one")).toBeLessThanOrEqual(2);
    await Promise.all(many);
  });

  it("leave time between any two hashes", async () => {
    const { order, run } = watched();
    const all = Promise.all([run("a", "a", 3), run("b", "b", 3), run("b", "c", 3)]);
    const heard: number[] = [];
    while (order.length < 9) {
      await scheduler.wait(0);
      heard.push(order.length);
    }
    await all;
    // Somebody else ran after each of them.
    expect(new Set(heard)).toEqual(new Set(Array.from({ length: 10 }, (_, count) => count)));
  });

  it("come at once where the isolate has rested and nobody waits, and not before", async () => {
    const { order, run } = watched();
    const waits = vi.spyOn(scheduler, "wait");
    const allWaits = () => Promise.all(waits.mock.results.map(({ value }) => value));
    await run("a", "first");
    const early = run("a", "early");
    expect(order).toEqual(["first"]);
    await early;
    await allWaits();
    const [second, third] = [run("a", "second"), run("b", "third")];
    expect(order).toEqual(["first", "early", "second"]);
    await Promise.all([second, third]);
    await allWaits();
    const batch = run("admin", "batch", 2);
    expect(order).toHaveLength(5);
    const behind = run("a", "behind");
    expect(order).toHaveLength(5);
    await Promise.all([batch, behind]);
  });

  it("pass over requests that ended while they waited", async () => {
    const { order, run } = watched();
    nextEndsWaiting(10);
    for (let each = 0; each < 10; each++) void run("app", `gone ${each}`);
    await Promise.all([run("app", "one"), run("app", "two")]);
    expect(order).toEqual(["one", "two"]);
  });

  it("come to a request that was thought to be gone and is not", async () => {
    const { order, run } = watched();
    let wake: (() => void) | undefined;
    vi.spyOn(scheduler, "wait").mockImplementationOnce(
      () =>
        new Promise<void>((resolve) => {
          wake = resolve;
        }),
    );
    const late = run("app", "late");
    await run("app", "one");
    wake?.();
    expect(await late).toBe("late");
    expect(order).toEqual(["one", "late"]);
  });

  it("are free again after a hash that failed", async () => {
    const queue = new HashQueue();
    const one = (work: () => string) =>
      queue.run({ group: "app", name: "one" }, { ...wide, all: 1 }, inTwo(work));
    await expect(one(() => String(BigInt("none")))).rejects.toThrow(SyntaxError);
    expect(await one(() => "done")).toBe("done");
  });

  it.each([
    { of: "a party", bound: { party: 2 }, waiting: ["a", "a"], full: "a", free: "b" },
    { of: "a group", bound: { group: 2 }, waiting: ["a", "b"], full: "c", free: undefined },
    { of: "all", bound: { all: 2 }, waiting: ["a", "b"], full: "c", free: undefined },
  ])("have a bound of who may wait, for $of", async ({ bound, waiting, full, free }) => {
    const { run } = watched({ ...wide, ...bound });
    const all = waiting.map((name) => run("app", name));
    await expect(run("app", full)).rejects.toThrow(TooMany);
    if (free !== undefined) await run("app", free);
    await Promise.all(all);
    expect(await run("app", full)).toBe(full);
  });

  it("let one of another group in where all places are taken, for the last of the longest line", async () => {
    const { run } = watched({ ...wide, all: 6 });
    const storm = Array.from({ length: 4 }, (_, each) => run("long", `address ${each}`));
    const other = [run("short", "one"), run("short", "two")];
    const heard = Promise.allSettled(storm);
    expect(await run("third", "three")).toBe("three");
    expect((await heard).map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
    ]);
    expect(await Promise.all(other)).toEqual(["one", "two"]);
  });

  it("count nobody who ended while waiting for longer than two seconds", async () => {
    const { run } = watched({ ...wide, all: 3 });
    nextEndsWaiting(3);
    for (let each = 0; each < 3; each++) void run("app", `gone ${each}`);
    await expect(run("app", "one")).rejects.toThrow(TooMany);
    setForward(2_100);
    expect(await run("app", "one")).toBe("one");
  });
});
