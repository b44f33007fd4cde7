import { checkTarget } from "./address.ts";
import { Caller } from "./caller.ts";
import { type CallsOf, type EachOf, type Line, callsOf, eachOf, passing } from "./calls.ts";
import { DeviceClient, type DeviceClientOptions, checkToken } from "./device.ts";
import {
  type PublicOperations,
  type SessionOperations,
  type UserOperations,
  publicRoutes,
  sessionRoutes,
  userRoutes,
} from "./generated/operations.ts";
import { type Transport, fetchTransport } from "./http.ts";
import { type Schedule, withTimeout } from "./schedule.ts";
import { Sender } from "./sender.ts";

/** How calls are made. Times are in ms. */
export interface CallingOptions {
  /** How long an answer is waited for. Default: 30 s. */
  timeoutMs?: number;
  /**
   * For how long a call is sent again where the service cannot answer now or is not heard. Where it asks to wait for longer, the call
   * fails at once. Default: 30 s; 0 for one try.
   */
  patienceMs?: number;
  /** Sends a request. Default: by `fetch`. */
  transport?: Transport;
  /** Numbers from 0 up to, but not including, 1. Default: `Math.random`. */
  random?: () => number;
  /** Default: `setTimeout` and `clearTimeout`. */
  schedule?: Schedule;
}

/** What a client of an app is made of: where the service is, the app, and what its runtime has. */
export type ClientOptions = CallingOptions &
  Pick<DeviceClientOptions, "url" | "appId" | "openSocket" | "WebSocket" | "makeAddress">;

/** What is said of a device that is connected by a client. */
export type ConnectOptions = Omit<DeviceClientOptions, "url" | "appId" | "token">;

/** Calls of who has signed in. */
export type UserClient = CallsOf<UserOperations & SessionOperations> & {
  /** The lists, row by row. */
  readonly each: EachOf<UserOperations>;
  /** Makes the device's socket; `connect()` opens it. */
  device(options?: ConnectOptions): DeviceClient;
};

/** Calls of who has not signed in yet, and the way to those of who has. */
export type Client = CallsOf<PublicOperations> & {
  /** The calls of a session, by the token that its sign-in gave. Throws a TypeError for what is no token. */
  withToken(token: string): UserClient;
};

/** How requests are made and sent again, from the options. */
export function lineOf(url: string, headers: Record<string, string>, options: CallingOptions): Line {
  const { timeoutMs = 30_000, patienceMs = 30_000, random = Math.random, schedule = withTimeout } = options;
  const transport = options.transport ?? fetchTransport();
  return {
    caller: new Caller({ url, headers, transport, schedule, timeoutMs }),
    sender: new Sender({ patienceMs, schedule, random, passing }),
    random,
  };
}

/** Makes a client of an app. Throws a TypeError for a URL or an app id that no service takes, or where there is no fetch. */
export function createClient(options: ClientOptions): Client {
  checkTarget(options);
  const { url, appId } = options;
  return {
    ...callsOf<PublicOperations>(publicRoutes, lineOf(url, { app_id: appId }, options)),
    withToken(token) {
      const line = lineOf(url, { app_id: appId, "access-token": checkToken(token) }, options);
      return {
        ...callsOf<UserOperations & SessionOperations>({ ...userRoutes, ...sessionRoutes }, line),
        each: eachOf<UserOperations>(userRoutes, line),
        device: (rest = {}) => new DeviceClient({ ...options, ...rest, token }),
      };
    },
  };
}
