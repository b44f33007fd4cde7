import { env, exports } from "cloudflare:workers";
import type { z } from "zod";
import { undeclared } from "./contract/document.ts";
import * as wire from "../../wire.ts";

/** Where the Worker is called; the host plays no part. */
export const origin = "https://warbler.test";

/** What a client reads: the envelope, and the response it came in. */
export interface Answer {
  code: number;
  message: string;
  data: unknown;
  /** The whole body, with what stands beside `data`. */
  body: Record<string, unknown>;
  response: Response;
}

/** What a call sends. `json` is sent as JSON with its content type, `body` as it is. */
export interface Sent {
  headers?: Record<string, string>;
  query?: Record<string, string | string[]>;
  json?: unknown;
  body?: BodyInit;
}

/** Something that answers requests: the Worker, or the Worker in another environment. */
export type Fetch = (request: Request) => Promise<Response>;

/** The Worker as it is. */
export const worker: Fetch = (request) => exports.default.fetch(request);

/** The request of a call. */
export function request(method: string, path: string, sent: Sent = {}): Request {
  const url = new URL(path, origin);
  for (const [name, value] of Object.entries(sent.query ?? {})) {
    for (const each of [value].flat()) url.searchParams.append(name, each);
  }
  const headers = new Headers(sent.headers);
  if (sent.json !== undefined) headers.set("content-type", "application/json");
  const body = sent.json === undefined ? sent.body : JSON.stringify(sent.json);
  return new Request(url, { method, headers, ...(body !== undefined && { body }) });
}

/** Calls the Worker and reads the envelope; an answer that the document does not declare is a failure wherever it comes. */
export async function call(method: string, path: string, sent: Sent = {}, fetch = worker): Promise<Answer> {
  const response = await fetch(request(method, path, sent));
  const body = wire.Envelope.parse(await response.json());
  const { pathname } = new URL(path, origin);
  const wrong = undeclared({ method, path: pathname, status: response.status, body });
  if (wrong) throw new Error(wrong);
  return { code: body.code, message: body.message, data: body.data, body, response };
}

const rootHeaders = () => ({ "root-key": env.ROOT_KEY });

let made = 0;

/** A name that no other test has. */
export function newName(prefix = "user"): string {
  made++;
  return `${prefix}_${made}_${crypto.randomUUID().slice(0, 8)}`;
}

/** A caller with its standing headers: what a client, an admin or nobody sends with every call. */
export class Client {
  readonly headers: Record<string, string>;

  constructor(headers: Record<string, string>) {
    this.headers = headers;
  }

  call(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    return call(method, path, { ...sent, headers: { ...this.headers, ...sent.headers } });
  }

  get(path: string, query: NonNullable<Sent["query"]> = {}): Promise<Answer> {
    return this.call("GET", path, { query });
  }

  post(path: string, json?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call("POST", path, { json, headers });
  }

  put(path: string, json?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call("PUT", path, { json, headers });
  }

  delete(path: string, json?: unknown): Promise<Answer> {
    return this.call("DELETE", path, { json });
  }

  /** A write with its parameter in the query. */
  set(path: string, query: NonNullable<Sent["query"]>, method = "POST"): Promise<Answer> {
    return this.call(method, path, { query });
  }

  with(headers: Record<string, string>): Client {
    return new Client({ ...this.headers, ...headers });
  }
}

/** The holder of the root key. */
export const root = new Client(rootHeaders());

/** A user as a test holds it. */
export interface User {
  id: number;
  name: string;
  password: string;
}

/** What a session is made of. */
type Issued = Pick<z.infer<typeof wire.Token>, "token" | "user_id" | "device_sn">;

/** A signed-in client. */
export class Session extends Client {
  readonly token: string;
  readonly userId: number;
  readonly deviceSn: number | undefined;

  constructor(appId: string, token: Issued) {
    super({ app_id: appId, "access-token": token.token });
    this.token = token.token;
    this.userId = token.user_id;
    this.deviceSn = token.device_sn;
  }
}

/** Reads the data of an answer that must be a success. */
export function dataOf<S extends z.ZodType>(answer: Answer, schema: S): z.output<S> {
  if (answer.code !== 200) throw new Error(`refused with ${answer.code}: ${answer.message}`);
  return schema.parse(answer.data);
}

/** A tenant of a test's own, with an admin. */
export class App {
  readonly id: string;
  readonly nobody: Client;
  readonly root: Client;
  readonly admin: Client;

  constructor(id: string, adminToken: string) {
    this.id = id;
    this.nobody = new Client({ app_id: id });
    this.root = root.with({ app_id: id });
    this.admin = new Client({ app_id: id, "access-token": adminToken });
  }

  /** Registers a user. */
  async user(password = "secret word"): Promise<User> {
    const name = newName();
    const answer = await this.nobody.post("/user/register/v2", { username: name, password });
    return { id: dataOf(answer, wire.Settings).user_id, name, password };
  }

  /** Signs a user in; `more` may name a device. */
  async signIn(user: User, more: Record<string, unknown> = {}): Promise<Session> {
    const answer = await this.nobody.post("/token/user", {
      name: user.name,
      password: user.password,
      ...more,
    });
    return new Session(this.id, dataOf(answer, wire.Token));
  }

  /** A new user, signed in. */
  async session(more: Record<string, unknown> = {}): Promise<{ user: User; session: Session }> {
    const user = await this.user();
    return { user, session: await this.signIn(user, more) };
  }

  /** The admin, acting for a user. */
  actingFor(user: User): Client {
    return this.admin.with({ user_id: String(user.id) });
  }

  /** Disables a user. */
  async disable(user: User, more: Record<string, unknown> = {}): Promise<Answer> {
    return await this.admin.put("/user/disable", { list: [user.id], ...more });
  }
}

/** Makes an app of one's own, with the settings given; its users stand in the directory, unless they are to elsewhere. */
export async function newApp(settings: Record<string, unknown> = {}): Promise<App> {
  const app_id = newName("app");
  dataOf(await root.post("/admin/apps", { app_id, database: 0, ...settings }), wire.App);
  const token = await root.with({ app_id }).post("/admin/tokens", { name: "test" });
  return new App(app_id, dataOf(token, wire.NewAdminToken).token);
}

/** The id of the request that was answered so. */
export const requestIdOf = ({ response }: Pick<Answer, "response">): string =>
  response.headers.get("x-request-id") ?? "";
