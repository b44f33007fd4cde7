/**
 * The servers' part: the API of admins and of who holds the root key, and the verification of webhooks, for any runtime with `fetch` and
 * WebCrypto: Node from 20 on, Workers, Deno, Bun.
 */
export type { CallingOptions } from "../client/app.ts";
export type { CallOptions, CallsOf, EachOf } from "../client/calls.ts";
export { Refused, Unanswered, Withheld } from "../client/failures.ts";
export type {
  Device,
  RefusalReason,
  Settings,
  SettingsChange,
  UserOperations,
} from "../client/generated/operations.ts";
export type { Exchange, HttpAnswer, HttpRequest, Transport } from "../client/http.ts";
export type { Schedule, StopSignal } from "../client/schedule.ts";
export type {
  Actor,
  AdminOperations,
  AdminToken,
  App,
  AppMove,
  AppSettings,
  AuditRecord,
  Ban,
  DeadEvent,
  Delivery as WebhookTry,
  DeviceReceipt,
  EndedSession,
  Explanation,
  Feedback,
  FoundUser,
  MovedUser,
  Overview,
  Picture,
  Profile,
  PushRoute,
  PushTarget,
  RootOperations,
  SharedOperations,
  SignInPolicy,
  StatusRow,
  SubjectOperations,
  User,
  WebhookEvents,
} from "./generated/operations.ts";
export {
  type AdminClient,
  type AdminOptions,
  type RootClient,
  type RootOptions,
  type SubjectClient,
  createAdmin,
  createRoot,
} from "./staff.ts";
export {
  type Delivery,
  type DeliveryHeaders,
  type DeviceEventData,
  type Genuine,
  type ImportEventData,
  NotGenuine,
  type UserEventData,
  type WebhookEvent,
  verifyWebhook,
} from "./webhooks.ts";
