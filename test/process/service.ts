import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Envelope, NewAdminToken, Settings, Token } from "../wire.ts";

/** The app that `npm start` makes. */
export const app = "demo";

/** The password of all whom the kit registers. */
export const password = "wonderland";

/** A session on a device, as its sign-in answers. */
const OnDevice = Token.required({ device_sn: true });
export type SignedIn = z.infer<typeof OnDevice>;

/** What `npm start` serves from a checkout, as a client of one app sees it. */
export class Service {
  /** The checkout. */
  readonly directory: string;
  /** Where it serves. */
  readonly origin: string;
  /** Whose users are registered and sign in. */
  readonly app: string;
  /** What the last start printed. */
  printed = "";
  readonly #token: string | undefined;

  /** Without an app of its own it is the one of the start, and so is the admin token. */
  constructor(directory: string, origin: string, own?: { app: string; token: string }) {
    this.directory = directory;
    this.origin = origin;
    this.app = own?.app ?? app;
    this.#token = own?.token;
  }

  /** The same service, as who has a new app of this id sees it. */
  async withApp(app_id: string): Promise<Service> {
    const root = { app_id, "root-key": this.rootKey };
    await this.call(z.unknown(), "POST", "/admin/apps", root, { app_id });
    const asked = { name: "tests", role: "owner" };
    const { token } = await this.call(NewAdminToken, "POST", "/admin/tokens", root, asked);
    return new Service(this.directory, this.origin, { app: app_id, token });
  }

  /** An admin token of the app: that which the start made, where the app is of the start. */
  get adminToken(): string {
    const token = this.#token ?? /admin token\s+(\S+)/.exec(this.printed)?.[1];
    if (token === undefined) throw new Error("no admin token was printed");
    return token;
  }

  /** The root key that the start made. */
  get rootKey(): string {
    const secrets = readFileSync(join(this.directory, ".dev.vars"), "utf8");
    const key = /ROOT_KEY="([^"]{40,})"/.exec(secrets)?.[1];
    if (key === undefined) throw new Error("no root key was made");
    return key;
  }

  /** Calls the service and returns the data of its answer, which must be a success. */
  async call<S extends z.ZodType>(
    schema: S,
    method: string,
    path: string,
    headers: Record<string, string>,
    body: object = {},
  ): Promise<z.output<S>> {
    const response = await fetch(this.origin + path, {
      method,
      headers: { ...headers, "content-type": "application/json" },
      ...(method !== "GET" && { body: JSON.stringify(body) }),
    });
    const { code, message, data } = Envelope.parse(await response.json());
    if (code !== 200) throw new Error(`${method} ${path}: ${code} ${message}`);
    return schema.parse(data);
  }

  /** Registers a user. */
  async register(username: string, app_id = this.app): Promise<void> {
    await this.call(Settings, "POST", "/user/register/v2", { app_id }, { username, password });
  }

  /** Signs a user in on a device. */
  async signIn(name: string, device_guid: string, app_id = this.app): Promise<SignedIn> {
    const body = { name, password, device_guid };
    return await this.call(OnDevice, "POST", "/token/user", { app_id }, body);
  }
}
