import { env } from "cloudflare:workers";
import { type Answer, type App, Session, type User } from "./client.ts";
import { codeOf } from "./devices.ts";
import { type Device, open } from "./socket.ts";

/** How often a race is run. */
const ROUNDS = 20;

/** Runs a test's round again and again. */
export async function rounds(round: (index: number) => Promise<void>, times = ROUNDS): Promise<void> {
  for (let index = 0; index < times; index++) await round(index);
}

/** Starts all at once, each some trips to the database behind the others: how many changes with the round. */
export async function race<T>(round: number, racers: readonly (() => Promise<T>)[]): Promise<T[]> {
  return await Promise.all(
    racers.map(async (racer, index) => {
      const behind = (round * (index + 1) + index) % 5;
      for (let trip = 0; trip < behind; trip++) await env.DB.prepare("select 1").run();
      return await racer();
    }),
  );
}

let addresses = 0;

/** The headers of a caller whose address no other has, so that no limit by address is met. */
export function fromElsewhere(): Record<string, string> {
  addresses++;
  return { "cf-connecting-ip": `10.${addresses >> 16}.${(addresses >> 8) & 255}.${addresses & 255}` };
}

/** Tries to sign in; the session where it succeeds. */
export async function trySignIn(
  app: App,
  user: User,
  more: Record<string, unknown> = {},
): Promise<{ code: number; session: Session | undefined }> {
  const given = { name: user.name, password: user.password, ...more };
  const answer: Answer = await app.nobody.post("/token/user", given, fromElsewhere());
  const session = answer.code === 200 ? sessionOf(app, user, answer.data) : undefined;
  return { code: answer.code, session };
}

function sessionOf(app: App, user: User, data: unknown): Session {
  if (typeof data !== "object" || data === null || !("token" in data)) throw new Error("no token");
  return new Session(app.id, { token: String(data.token), user_id: user.id });
}

/** A session and the socket it opened. */
export interface Connected {
  session: Session;
  socket: Device;
}

/** Connects without waiting for the welcome: the socket may be one that is closed at once. */
export async function tryConnect(session: Session, query: Record<string, string> = {}): Promise<Connected> {
  return { session, socket: await open(session, query) };
}

/** True where a socket still answers; it has heard all that was sent to it before. */
export async function isOpen(socket: Device): Promise<boolean> {
  return await socket.ping().then(
    () => true,
    () => false,
  );
}

/** Which of the sessions live. */
export async function living(sessions: readonly Session[]): Promise<boolean[]> {
  return await Promise.all(sessions.map(async (session) => (await codeOf(session)) === 200));
}

/** Which of the sockets are open. */
export async function opened(sockets: readonly Connected[]): Promise<boolean[]> {
  return await Promise.all(sockets.map(({ socket }) => isOpen(socket)));
}
