import { showForms } from "./hash-forms.ts";
import { fieldOf, quantile } from "./measure.ts";
import { serve } from "./server.ts";

/**
 * `npm run bench:hashing`: what hashing passwords takes of an isolate. Milliseconds of a sign-in, of a batch, of
 * another's read and sign-in meanwhile, and in a storm of wrong sign-ins from one address.
 */
const app = "bench";
const password = "a password";
/** Clients of a storm; each rests a little after an answer, so that it is hashes and not calls that there are too many of. */
const STORM = 50;
const STORM_REST_MS = 1_000;
const STORM_MS = 8_000;

// The app's share alone is wider than it is set: the sign-ins that are measured are more than it allows.
const server = await serve({ settings: { PASSWORD_CALLS: "address=40,app=100000" } });

interface Answer {
  code: number;
  data: unknown;
}

async function call(
  method: string,
  path: string,
  {
    headers = {},
    json,
    signal,
  }: { headers?: Record<string, string>; json?: unknown; signal?: AbortSignal } = {},
): Promise<Answer> {
  const response = await fetch(server.origin + path, {
    method,
    headers: { app_id: app, "content-type": "application/json", ...headers },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    ...(signal !== undefined && { signal }),
  });
  const answer: unknown = await response.json();
  const data: unknown = Reflect.get(Object(answer), "data");
  return { code: Number(fieldOf(answer, "code")), data };
}

async function must(...sent: Parameters<typeof call>): Promise<unknown> {
  const { code, data } = await call(...sent);
  if (code !== 200) throw new Error(`${sent[1]}: ${code}`);
  return data;
}

/** Does it again and again while `isOn`, and shows how many milliseconds it took. */
async function show(name: string, work: () => Promise<unknown>, isOn: () => boolean): Promise<void> {
  const times: number[] = [];
  while (isOn()) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const at = (q: number) => quantile(sorted, q).toFixed(0).padStart(7);
  console.log(`${name.padEnd(58)}${String(times.length).padStart(6)}${at(0.5)}${at(0.95)}${at(1)}`);
}

/** True for so many times. */
function times(count: number): () => boolean {
  let left = count;
  return () => left-- > 0;
}

const newUsers = (batch: number) =>
  Array.from({ length: 100 }, (_, row) => ({ username: `user_${batch}_${row}_a`, password }));

const from = (address: string) => ({ "cf-connecting-ip": address });

try {
  const root = { "root-key": server.rootKey };
  await must("POST", "/admin/apps", { headers: root, json: { app_id: app } });
  const made = await must("POST", "/admin/tokens", { headers: root, json: { name: "bench" } });
  const admin = { "access-token": fieldOf(made, "token") };
  await must("POST", "/user/register/v2", { json: { username: "bench_user", password } });
  let address = 0;
  const elsewhere = () => from(`198.51.${++address >> 8}.${address & 255}`);
  const attempt = (tried: string, headers: Record<string, string>, name: string) =>
    call("POST", "/token/user", { headers, json: { name, password: tried } });
  const signIn = async (name = "bench_user") =>
    await must("POST", "/token/user", { headers: elsewhere(), json: { name, password } });
  // A user of its own: each sign-in is a session more, and the oldest of too many ends.
  await must("POST", "/user/register/v2", { json: { username: "bench_reader", password } });
  const own = { "access-token": fieldOf(await signIn("bench_reader"), "token") };
  const read = () => must("GET", "/user/profile", { headers: own });
  const batch = (index: number) =>
    must("POST", "/user/register/batch", { headers: admin, json: { list: newUsers(index) } });

  await showForms(password, {
    signIn,
    read,
    async bring(username, password_hash) {
      const response = await fetch(`${server.origin}/admin/import`, {
        method: "POST",
        headers: {
          app_id: app,
          "content-type": "application/x-ndjson",
          "access-token": admin["access-token"],
        },
        body: JSON.stringify({ username, password_hash }),
      });
      const answer = await response.text();
      if (!answer.includes('"created"')) throw new Error(`the import: ${answer}`);
    },
  });

  console.log(
    `${"what".padEnd(58)}${"runs".padStart(6)}${"p50 ms".padStart(7)}${"p95".padStart(7)}${"max".padStart(7)}`,
  );
  await show("a read, while nothing else is asked", read, times(100));
  await show("a sign-in, while nothing else is asked", () => signIn(), times(30));
  await show(
    "five sign-ins at once, the last of them",
    () => Promise.all([1, 2, 3, 4, 5].map(() => signIn())),
    times(6),
  );
  const until = performance.now() + STORM_MS / 2;
  const isBusy = () => performance.now() < until;
  await Promise.all([
    show("a read, while five sign-ins at once go on and on", read, isBusy),
    ...[1, 2, 3, 4, 5].map(async () => {
      while (isBusy()) await signIn();
    }),
  ]);
  await show("a batch of 100 registrations", () => batch(1), times(1));

  for (const [index, [name, work]] of (
    [
      ["a read, during a batch of 100", read],
      ["a sign-in, during a batch of 100", () => signIn()],
    ] as const
  ).entries()) {
    let isRunning = true;
    const start = performance.now();
    const running = batch(index + 2).then(() => {
      isRunning = false;
      return performance.now() - start;
    });
    await show(name, work, () => isRunning);
    console.log(`  the batch took ${((await running) / 1000).toFixed(1)} s beside it`);
  }

  // Their hubs are there before the storm: what it costs to make hubs is not what is measured.
  const victims = Array.from({ length: STORM }, (_, row) => `user_1_${row}_a`);
  for (const name of victims) await signIn(name);
  const codes = new Map<number, number>();
  const end = performance.now() + STORM_MS;
  const isStorm = () => performance.now() < end;
  const storm = victims.map(async (name) => {
    while (isStorm()) {
      const { code } = await attempt("not the word", from("203.0.113.1"), name);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, STORM_REST_MS));
    }
  });
  await Promise.all([
    show("a read, in a storm of wrong sign-ins from one address", read, isStorm),
    show("another address's sign-in, in the same storm", () => signIn(), isStorm),
    ...storm,
  ]);
  const heard = [...codes].map(([code, count]) => `${count} × ${code}`).join(", ");
  console.log(`  the storm of ${STORM} clients heard in ${STORM_MS / 1000} s: ${heard}`);

  const gone = Array.from({ length: 20 }, async () => {
    const signal = AbortSignal.timeout(100);
    const json = { name: "bench_user", password };
    const headers = from("203.0.113.2");
    await call("POST", "/token/user", { headers, json, signal }).catch(() => undefined);
  });
  await Promise.all(gone);
  await show("a sign-in, after 20 clients hung up while they waited", () => signIn(), times(1));
} finally {
  await server.stop();
}
