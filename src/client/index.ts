/**
 * The client of a device's socket, for any runtime of ECMAScript 2022: what it needs beside the language, a socket and
 * timers, can be given. It depends on nothing and imports nothing from outside its directory, so it can be copied into an
 * app as it is.
 */
export type { MakeAddress, Platform, Target } from "./address.ts";
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
export type { OpenSocket, Schedule, SocketLike } from "./socket.ts";
