/**
 * The client of a device's socket, for browsers and Node from 22 on. It depends on nothing and imports nothing from
 * outside its directory, so it can be copied into an app as it is.
 */
export { DeviceClient, type DeviceClientOptions, type Platform } from "./device.ts";
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
export type { Schedule, SocketLike } from "./socket.ts";
