/**
 * The device's part: the API that an app calls, and its device's socket, for any runtime of ECMAScript 2018. What it needs beside the
 * language, a way to send requests, a socket and timers, can be given. It depends on nothing.
 */
export type { MakeAddress, Platform, Target } from "./address.ts";
export {
  type CallingOptions,
  type Client,
  type ClientOptions,
  type ConnectOptions,
  type UserClient,
  createClient,
} from "./app.ts";
export type { CallOptions, CallsOf, EachOf } from "./calls.ts";
export { DeviceClient, type DeviceClientOptions } from "./device.ts";
export {
  type Actor,
  type DeviceEvents,
  type Ended,
  type KnownNotice,
  type Notice,
  type NoticeEvent,
  type Reconnecting,
  type ServerRestart,
  type Welcome,
  closeCodes,
  noticeEvents,
} from "./events.ts";
export { Refused, Unanswered, Withheld } from "./failures.ts";
export type {
  Device,
  DeviceReceipt,
  Profile,
  PublicOperations,
  PushWindow,
  RefusalReason,
  Registration,
  SessionOperations,
  Settings,
  SettingsChange,
  Token,
  UserOperations,
} from "./generated/operations.ts";
export type { Exchange, HttpAnswer, HttpRequest, Transport } from "./http.ts";
export type { Schedule, StopSignal } from "./schedule.ts";
export type { OpenSocket, SocketLike } from "./socket.ts";
