import { z } from "zod";
import { FrameSocket } from "./frames.ts";
import { type Served, type Server, serve } from "./server.ts";
import { Connection, type Sent, atOnce, succeed } from "./wire.ts";

/** How many users are signed in, with a device and its push token each. */
export const USERS = 100;
/** How many users the app has, which are listed. */
const LISTED = 1_000;
const password = "a password";
const app = { app_id: "bench" };

/** A user of ours, who is signed in. */
export interface User {
  id: string;
  own: Record<string, string>;
}

/** Warbler with an app and its users. */
export interface Ours {
  server: Server;
  admin: Record<string, string>;
  user(index: number): User;
  /** Signs a device of a user in; returns its token and its serial. */
  signIn(user: number, guid: string): Promise<{ token: string; sn: number }>;
}

/** The sign-in of a user, by a device. */
export function signInOf(user: number, guid: string): Sent {
  const json = { name: `user_${user}_a`, password, device_guid: guid };
  return { method: "POST", path: "/token/user", headers: app, json };
}

/** The registration of a user. */
export function registerOf(username: string): Sent {
  return { method: "POST", path: "/user/register/v2", headers: app, json: { username, password } };
}

const Envelope = <T extends z.ZodType>(data: T) => z.object({ data });
const Token = Envelope(z.object({ token: z.string() }));
const SignedIn = Envelope(z.object({ token: z.string(), user_id: z.int(), device_sn: z.int() }));

/** Sends a request by a connection of its own. */
async function alone(origin: string, sent: Sent): Promise<string> {
  const connection = await Connection.open(origin);
  try {
    return await succeed(connection, sent);
  } finally {
    connection.close();
  }
}

/** Serves Warbler with users; the rest as of `serve`. */
export async function serveOurs(
  settings: Served["settings"] = {},
  listed = LISTED,
  more: Pick<Served, "inspectorPort"> = {},
): Promise<Ours> {
  const calls = { PASSWORD_CALLS: "address=9999999,app=9999999" };
  const server = await serve({ settings: { ...calls, ...settings }, ...more });
  const ask = async <T extends z.ZodType>(schema: T, sent: Sent): Promise<z.infer<T>> => {
    const answer = await alone(server.origin, sent);
    return schema.parse(JSON.parse(answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1)));
  };
  const root = { ...app, "root-key": server.rootKey };
  await alone(server.origin, { method: "POST", path: "/admin/apps", headers: root, json: app });
  const { data } = await ask(Token, {
    method: "POST",
    path: "/admin/tokens",
    headers: root,
    json: { name: "bench" },
  });
  const admin = { ...app, "access-token": data.token };
  for (let first = 0; first < listed; first += 100) {
    const list = Array.from({ length: Math.min(100, listed - first) }, (_, row) => ({
      username: `user_${first + row}_a`,
      password,
    }));
    await alone(server.origin, {
      method: "POST",
      path: "/user/register/batch",
      headers: admin,
      json: { list },
    });
  }
  const signIn = async (user: number, guid: string) => (await ask(SignedIn, signInOf(user, guid))).data;
  const users: User[] = [];
  for (let index = 0; index < Math.min(USERS, listed); index++) {
    const { token, user_id, device_sn } = await signIn(index, "first");
    const own = { ...app, "access-token": token };
    const json = { device_sn, device_token: `token_${index}`, notifier_name: "apns" };
    await alone(server.origin, { method: "POST", path: "/user/token/bind", headers: own, json });
    users.push({ id: String(user_id), own });
  }
  return {
    server,
    admin,
    user(index) {
      const user = users[index % users.length];
      if (!user) throw new Error("there are no users");
      return user;
    },
    async signIn(user, guid) {
      const { token, device_sn } = await signIn(user, guid);
      return { token, sn: device_sn };
    },
  };
}

/** Serves the bare Worker, with as many users. */
export async function serveBareWorker(more: Pick<Served, "inspectorPort"> = {}): Promise<Server> {
  const server = await serve({ entry: "bench/bare-worker.ts", ...more });
  await alone(server.origin, { method: "POST", path: "/tables" });
  return server;
}

/**
 * Connected devices to be kicked, one of each user: `connect` puts one in the place of each that was kicked, and `next` says
 * whose turn it is.
 */
export class Victims {
  readonly #connect: (user: number) => Promise<FrameSocket>;
  readonly #sockets = new Map<number, FrameSocket>();
  #turn = 0;

  constructor(connect: (user: number) => Promise<FrameSocket>) {
    this.#connect = connect;
  }

  async connect(): Promise<void> {
    await atOnce(USERS, async (user) => {
      if (!this.#sockets.has(user)) this.#sockets.set(user, await this.#connect(user));
    });
  }

  next(): number {
    const user = this.#turn++ % USERS;
    if (!this.#sockets.delete(user)) throw new Error("nobody is there to be kicked");
    return user;
  }
}

/** The victims of ours: each signs in before it connects. */
export function oursToKick(ours: Ours): { victims: Victims; sn(user: number): number } {
  const serials = new Map<number, number>();
  const victims = new Victims(async (user) => {
    const { token, sn } = await ours.signIn(user, "victim");
    serials.set(user, sn);
    const url = new URL("/user/device/connect?app_id=bench", ours.server.origin);
    return await FrameSocket.open(url, ["im.v1", `token.${token}`]);
  });
  return { victims, sn: (user) => serials.get(user) ?? 0 };
}
