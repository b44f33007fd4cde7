import { z } from "zod";
import { serveBareWorker, serveOurs } from "./contestants.ts";
import { type Kind, isAsked, plainKinds } from "./kinds.ts";
import type { Server } from "./server.ts";
import { Connection, succeed } from "./wire.ts";

/**
 * `npm run bench:profile`: where the time of each kind of request goes, one at a time: microseconds of a request in each part of
 * the program and of the runtime, by V8's profiler; beside them what the bare Worker takes. KINDS as of `bench:requests`. The
 * profiler itself makes all of it slower: what it says is how the time is shared out.
 */

const PORTS = { ours: 19_229, bare: 19_230 };
/** How long (ms) a kind is asked before it is looked at, and then. */
const WARM_UP = 3_000;
const LOOK = 5_000;
/** Requests of a round, where nothing is needed before one: the profiler takes a while to begin. */
const A_ROUND = 1_000;
/** How often the profiler looks (µs). */
const INTERVAL = 100;

const Frame = z.object({ functionName: z.string(), url: z.string(), lineNumber: z.int() });
const Profile = z.object({
  profile: z.object({
    nodes: z.array(z.object({ id: z.int(), callFrame: Frame })),
    samples: z.array(z.int()),
    timeDeltas: z.array(z.int()),
  }),
});
const Targets = z.array(z.object({ id: z.string(), webSocketDebuggerUrl: z.string() }));

type Side = "ours" | "bare";

/** What the runtime's inspector is asked through. */
class Inspector {
  readonly #socket: WebSocket;
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async open(port: number): Promise<Inspector> {
    const answer = await fetch(`http://127.0.0.1:${port}/json`);
    const target = Targets.parse(await answer.json()).find(({ id }) => id === "core:user:");
    if (!target) throw new Error("the Worker cannot be inspected");
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    return new Inspector(socket);
  }

  async ask(method: string, params: Record<string, unknown> = {}): Promise<unknown> {
    const id = ++this.#last;
    return await new Promise((resolve) => {
      const hear = ({ data }: MessageEvent) => {
        const message = z
          .object({ id: z.int().optional(), result: z.unknown().optional() })
          .parse(JSON.parse(String(data)));
        if (message.id !== id) return;
        this.#socket.removeEventListener("message", hear);
        resolve(message.result);
      };
      this.#socket.addEventListener("message", hear);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  close(): void {
    this.#socket.close();
  }
}

/** Says of each line of a bundle which part of the program it is of, as the bundler has noted it. */
function partsOf(program: string): string[] {
  let part = "the bundle";
  return program.split("\n").map((line) => {
    const [, path] = /^\/\/ (?:\.\.\/)*((?:node_modules|src)\/\S+)$/.exec(line) ?? [];
    if (path !== undefined) part = partOf(path);
    return part;
  });
}

function partOf(path: string): string {
  const [, library] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  return library ?? `src/${path.split("/")[1] ?? ""}`;
}

/** Which part a frame of the profile is of. */
function partOfFrame(
  { functionName, url, lineNumber }: z.infer<typeof Frame>,
  parts: readonly string[],
): string {
  if (functionName === "log" || functionName === "logRequest") return "the log";
  if (functionName === "(garbage collector)") return "garbage";
  if (functionName === "(idle)") return "waiting";
  if (url.includes("d1-api")) return "the runtime's D1 client";
  if (!url.endsWith(".js") || url.includes("internal:")) return "the runtime";
  if (functionName === "invoke") return "a hub's call";
  return parts[lineNumber] ?? "the bundle";
}

/** Asks one side of a kind so often. */
async function drive({ origin }: Server, kind: Kind, side: Side, count: number): Promise<void> {
  const connection = await Connection.open(origin);
  for (let turn = 0; turn < count; turn++) await succeed(connection, kind[side](turn % 16, asked++));
  connection.close();
}

/** A number for each request that was asked. */
let asked = 0;

/** Has a side play rounds for so long (ms), each behind what it needs, which nobody looks at; returns how many requests. */
async function play(
  server: Server,
  kind: Kind,
  side: Side,
  ms: number,
  look: (round: () => Promise<void>) => Promise<void>,
): Promise<number> {
  let count = 0;
  for (let spent = 0; spent < ms;) {
    await kind.before?.[side]();
    const each = kind.before ? kind.count : A_ROUND;
    const start = performance.now();
    await look(() => drive(server, kind, side, each));
    spent += performance.now() - start;
    count += each;
  }
  return count;
}

/** Microseconds of a request, by the part that they are spent in. */
async function share(server: Server, port: number, kind: Kind, side: Side): Promise<Map<string, number>> {
  const parts = partsOf(server.program);
  await play(server, kind, side, WARM_UP, (round) => round());
  const inspector = await Inspector.open(port);
  await inspector.ask("Profiler.enable");
  await inspector.ask("Profiler.setSamplingInterval", { interval: INTERVAL });
  const spent = new Map<string, number>();
  const count = await play(server, kind, side, LOOK, async (round) => {
    await inspector.ask("Profiler.start");
    await round();
    const { profile } = Profile.parse(await inspector.ask("Profiler.stop"));
    const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, partOfFrame(callFrame, parts)]));
    for (const [index, sample] of profile.samples.entries()) {
      const part = frames.get(sample) ?? "the runtime";
      spent.set(part, (spent.get(part) ?? 0) + (profile.timeDeltas[index] ?? 0));
    }
  });
  inspector.close();
  return new Map([...spent].map(([part, time]) => [part, time / count]));
}

const checking = new Set(["hono", "zod", "@hono/zod-validator"]);
const runtime = new Set(["the runtime", "the runtime's D1 client", "a hub's call", "garbage"]);

/** What a part is of, as docs/round-trips.md tells them apart. */
function headingOf(part: string): string {
  if (checking.has(part)) return "routing and checking";
  if (runtime.has(part)) return "the runtime";
  if (part === "the log" || part === "drizzle-orm") return part;
  return "the service";
}

const number = (time: number) => time.toFixed(0).padStart(6);

/** Says what each part takes (µs), those of a heading behind it. */
function show(spent: Map<string, number>): void {
  const parts = [...spent].filter(([part]) => part !== "waiting");
  for (const [heading, of] of Map.groupBy(parts, ([part]) => headingOf(part))) {
    console.log(`  ${heading.padEnd(28)}${number(inAll(of))}`);
    for (const [part, time] of of.toSorted(([, one], [, other]) => other - one))
      if (time >= 5) console.log(`    ${part.padEnd(26)}${number(time)}`);
  }
}

const inAll = (spent: Iterable<[part: string, time: number]>) =>
  [...spent].reduce((sum, [part, time]) => (part === "waiting" ? sum : sum + time), 0);

const bare = await serveBareWorker({ inspectorPort: PORTS.bare });
const ours = await serveOurs({ PASSWORD_COST: "m=8,t=1" }, undefined, { inspectorPort: PORTS.ours });
try {
  for (const kind of plainKinds(ours, bare.origin).filter(isAsked)) {
    const [least, spent] = [
      await share(bare, PORTS.bare, kind, "bare"),
      await share(ours.server, PORTS.ours, kind, "ours"),
    ];
    console.log(`${kind.name}: ${inAll(spent).toFixed(0)} µs, bare ${inAll(least).toFixed(0)} µs`);
    show(spent);
  }
} finally {
  await ours.server.stop();
  await bare.stop();
}
