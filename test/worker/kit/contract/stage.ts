import { env } from "cloudflare:workers";
import { hubName } from "../../../../src/hub/contract.ts";
import { z } from "zod";
import * as wire from "../../../wire.ts";
import type { Declaration, Method } from "../../../../src/http/operation.ts";
import { operations } from "../../../../src/operations/index.ts";
import { type Answer, Client, type Sent, dataOf, newName, root } from "../client.ts";

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** Parameters by name. */
export type Params = Record<string, Json>;

/** One method of one operation. */
export interface Binding {
  name: string;
  operation: Declaration;
  method: Method;
}

/** Every method of every operation. */
export const bindings: readonly Binding[] = operations.flatMap((operation) =>
  operation.methods.map((method) => ({ name: `${method} ${operation.path}`, operation, method })),
);

/** One method of each operation, the last: what is declared of an operation is done alike by all of them. */
export const oneOfEach: readonly Binding[] = bindings.filter(
  ({ operation, method }) => method === operation.methods.at(-1),
);

/** All but the device socket and lines of JSON, which have tests of their own. */
export const plainBindings = bindings.filter(({ operation }) => !operation.socket && !operation.streams);

const OnDevice = wire.Token.required({ device_sn: true });

let stages = 0;

/** A caller's address that no other stage has: floods are counted by it. */
function newAddress(): string {
  stages++;
  return `10.${stages >> 16}.${(stages >> 8) & 255}.${stages & 255}`;
}

/** A signed-in device. */
export interface SignedIn {
  client: Client;
  token: string;
  sn: number;
}

/**
 * An app of a test's own with one user that is signed in on a device. Names are the same on every stage, so that what a call did
 * on one can be compared with what it did on another.
 */
export class Stage {
  readonly nobody: Client;
  readonly root: Client;
  readonly admin: Client;
  readonly userId: number;
  readonly here: SignedIn;
  /** Where the app stands. */
  readonly database: number;
  /** The other devices that were signed in since. */
  readonly others: SignedIn[] = [];
  #tokens = 0;

  constructor(
    clients: { nobody: Client; root: Client; admin: Client },
    { userId, here, database }: { userId: number; here: SignedIn; database: number },
  ) {
    this.nobody = clients.nobody;
    this.root = clients.root;
    this.admin = clients.admin;
    this.userId = userId;
    this.here = here;
    this.database = database;
  }

  /** The admin, acting for the user. */
  get acting(): Client {
    return this.admin.with({ user_id: String(this.userId) });
  }

  /** The user's hub. */
  get hub() {
    return env.HUB.getByName(hubName(this.nobody.headers["app_id"] ?? "", this.userId));
  }

  /** Signs the user in on another device. */
  async signIn(device_guid: string): Promise<SignedIn> {
    const device = await signIn(this.nobody, device_guid);
    this.others.push(device);
    return device;
  }

  /** Registers another user. */
  async register(username: string): Promise<{ user_id: number }> {
    return dataOf(await this.nobody.post("/user/register/v2", { ...someone, username }), wire.Settings);
  }

  /** Another admin token. */
  async adminToken(): Promise<{ id: number; token: string }> {
    return dataOf(
      await this.root.post("/admin/tokens", { name: `another ${++this.#tokens}` }),
      wire.NewAdminToken,
    );
  }

  /** Makes the user the owner of a group. */
  async group(group_id: number): Promise<number> {
    dataOf(await this.root.put("/admin/groups", { group_id, owner_id: this.userId }), wire.True);
    return group_id;
  }
}

/** What the user of a stage is called, and its password. */
export const someone = { username: "someone", password: "secret word" };

async function signIn(
  nobody: Client,
  device_guid: string,
  { username: name, password } = someone,
): Promise<SignedIn> {
  const answer = await nobody.post("/token/user", { name, password, device_guid, platform: 2 });
  const { token, device_sn: sn } = dataOf(answer, OnDevice);
  return { client: nobody.with({ "access-token": token }), token, sn };
}

/** Sets a stage, with its user and the user's device as they are called. `settle` may give the user another id. */
export async function newStage({
  user = someone,
  device_guid = "here",
  settle = async (id: number) => id,
  database = 0,
} = {}): Promise<Stage> {
  const app_id = newName("app");
  const address = { "cf-connecting-ip": newAddress() };
  const nobody = new Client({ app_id, ...address });
  const rootHere = root.with({ app_id, ...address });
  dataOf(await rootHere.post("/admin/apps", { app_id, database }), wire.App);
  const { token } = dataOf(await rootHere.post("/admin/tokens", { name: "test" }), wire.NewAdminToken);
  const registered = dataOf(await nobody.post("/user/register/v2", user), wire.Settings);
  const user_id = await settle(registered.user_id);
  const here = await signIn(nobody, device_guid, user);
  const clients = { nobody, root: rootHere, admin: nobody.with({ "access-token": token }) };
  return new Stage(clients, { userId: user_id, here, database });
}

/** A client without one of its headers. */
export function without(client: Client, name: string): Client {
  const headers = Object.entries(client.headers).filter(([each]) => each !== name);
  return new Client(Object.fromEntries(headers));
}

/** The caller that an operation is for. */
export function callerOf(operation: Declaration, stage: Stage): Client {
  const { caller } = operation;
  switch (caller) {
    case "public":
      return stage.nobody;
    case "user":
    case "session":
      return stage.here.client;
    case "admin":
      return stage.admin;
    case "admin for user":
      return stage.acting;
    case "root":
    case "root or admin":
      return operation.app === false ? without(stage.root, "app_id") : stage.root;
    default:
      return caller;
  }
}

/** A value as a query spells it. */
export function spell(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Parameters where their operation has them. */
export function place(operation: Declaration, params: Params): Sent {
  switch (operation.from) {
    case "none":
      return {};
    case "query":
      return {
        query: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, spell(value)])),
      };
    case "json":
      return { json: params };
    case "rows": {
      const { rows, ...query } = params;
      const lines = [rows ?? []].flat().map((row) => JSON.stringify(row));
      const named = Object.entries(query).map(([name, value]) => [name, spell(value)]);
      return {
        query: Object.fromEntries(named),
        headers: { "content-type": "application/x-ndjson" },
        ...(lines.length > 0 && { body: lines.join("\n") }),
      };
    }
    case "text":
      return { body: spell(params["text"] ?? "") };
    default:
      return operation.from;
  }
}

/** Calls a binding; an answer without its X-Request-Id is a failure wherever it happens. */
export async function send(client: Client, { operation, method }: Binding, sent: Sent): Promise<Answer> {
  const headers = { ...(operation.socket && { Upgrade: "websocket" }), ...sent.headers };
  const answer = await client.call(method, operation.path, { ...sent, headers });
  requireRequestId(answer);
  return answer;
}

/** Fails where an answer does not tell the id of its request. */
export function requireRequestId(answer: Answer): void {
  const id = answer.response.headers.get("x-request-id");
  if (!z.uuid().safeParse(id).success) throw new Error(`the X-Request-Id is ${id}`);
}

/** The group that a call makes, and one that a test makes for it. */
export const groups = { made: 7, given: 8 };

/** What differs from stage to stage, or with the clock. */
const passing = new Set([
  "id",
  "user_id",
  "app_id",
  "last_active_at",
  "created_at",
  "revoked_at",
  "expire",
  "token",
  "address",
  "signed_in_at",
  "expires_at",
  "bound_at",
  "binding_id",
  "at",
  "request_id",
  "until",
]);

/** A value of an answer without what no two stages have in common: of that, only whether it is there. */
export function comparable(answered: unknown): unknown {
  const compared: unknown = JSON.parse(JSON.stringify(answered), (name: string, value: unknown) => {
    // It is written after the answer, at a moment that nobody knows.
    if (name === "last_used_at") return true;
    if (name === "sessions" && Array.isArray(value)) return value.length;
    if (typeof value === "string" && /^user:\d+$/.test(value)) return "user";
    return passing.has(name) ? value !== null && value !== 0 : value;
  });
  return compared;
}

/** All of a user that one read holds: profile, settings, devices, sessions, tokens and bans. */
const picture = ["/admin/user"];

/** All that can be read of a stage. `reads` are the paths that say all of the user; its picture waits for what its hub is at. */
export async function stateOf(stage: Stage, reads = picture): Promise<unknown> {
  const { acting, admin, root, here, others } = stage;
  const sessions = [here, ...others].map(({ client }) => client);
  const owners = [groups.given, groups.made].map((id) => admin.with({ group_id: String(id) }));
  const answers = await Promise.all([
    ...reads.map((path) => acting.get(path)),
    admin.get("/user/list"),
    root.get("/admin/app"),
    root.get("/admin/tokens"),
  ]);
  const alive = await Promise.all(
    [...sessions, ...owners].map((client) => client.get("/user/online_status")),
  );
  return comparable([...answers.map(({ body }) => body), ...alive.map(({ code }) => code)]);
}
