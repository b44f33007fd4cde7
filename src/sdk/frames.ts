import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  Command,
  FrameSchema,
  MetaSchema,
  ProvisionSchema,
  type SyncDL,
  SyncDLSchema,
  SyncULSchema,
  UnreadDLSchema,
  UserNoticeSchema,
  type XID,
} from "./generated/messages_pb.ts";

/** The status codes that the SDK knows of an answer. */
export const statuses = {
  ok: 1,
  token_invalid: 7,
  user_disabled: 10,
  too_many_devices: 13,
  guid_conflict: 15,
  app_suspended: 19,
  too_many_calls: 20,
} as const;

/** How a request of the SDK is answered; the reason is for people. */
export interface Status {
  code: (typeof statuses)[keyof typeof statuses];
  reason: string;
}

/** A device of a user as the SDK names it; the serial is 0 where no one device is meant, the user where nobody is. */
export interface Xid {
  userId: number;
  deviceSn: number;
}

/** What a device that asks to be let in says of itself; what it leaves out is 0 or "". */
export interface ProvisionIn {
  uid: bigint;
  token: string;
  osType: number;
  guid: string;
  info: string;
}

/** Whom a SYNC is about: in one from a device, the conversation that it asks for, as it named it. */
type Conversation = Pick<XID, "uid" | "deviceSN">;

/** What a SyncDL says besides whom it is about. */
type Said = { status: { code: number; reason?: string } } & Partial<Pick<SyncDL, "metas" | "serverTime">>;

/** What a device sends. */
export type FrameIn = { vsn: number } & (
  | { command: "provision"; provision: ProvisionIn }
  | { command: "unread" }
  | { command: "sync"; conversation: Conversation | undefined }
  | { command: "other" }
);

/** A notice on its way to a device. Instants in ms. */
export interface NoticeOut {
  id: number;
  type: number;
  from: Xid;
  to: Xid;
  at: number;
}

const USER_NOTICE = 4;

/** Reads a frame of a device; undefined where it is none, or compressed or encrypted. */
export function readFrame(bytes: Uint8Array): FrameIn | undefined {
  try {
    const { vsn, compressMethod, encryptMethod, command, payload } = fromBinary(FrameSchema, bytes);
    if (compressMethod !== 0 || encryptMethod !== 0) return undefined;
    if (command === Command.PROVISION)
      return { vsn, command: "provision", provision: readProvision(payload) };
    if (command === Command.UNREAD) return { vsn, command: "unread" };
    if (command === Command.SYNC) {
      return { vsn, command: "sync", conversation: fromBinary(SyncULSchema, payload).xid };
    }
    return { vsn, command: "other" };
  } catch {
    return undefined;
  }
}

function readProvision(payload: Uint8Array): ProvisionIn {
  const { xid, token, osType, deviceGuid: guid, deviceInfo: info } = fromBinary(ProvisionSchema, payload);
  return { uid: xid?.uid ?? 0n, token, osType, guid, info };
}

/** The answer to PROVISION; it names the device where it is let in. */
export function provisionAnswer(vsn: number, status: Status, self?: Xid): Uint8Array {
  const answer = create(ProvisionSchema, { status, ...(self && { xid: wireXid(self) }) });
  return frame(vsn, Command.PROVISION, toBinary(ProvisionSchema, answer));
}

/** The answer to UNREAD. */
export function unreadAnswer(vsn: number, status: Status): Uint8Array {
  return frame(vsn, Command.UNREAD, toBinary(UnreadDLSchema, create(UnreadDLSchema, { status })));
}

/** The answer to SYNC, about the conversation that was asked for, else the user: there are no messages. */
export function syncAnswer(
  vsn: number,
  status: Status,
  asked: Conversation | undefined,
  self: Xid | undefined,
): Uint8Array {
  return syncFrame(vsn, asked ?? userXid(self), { status });
}

/** A notice, which nothing asked for. */
export function noticeFrame(vsn: number, notice: NoticeOut): Uint8Array {
  const { id, type, from, to, at } = notice;
  const meta = create(MetaSchema, {
    id: BigInt(id),
    from: wireXid(from),
    to: wireXid(to),
    timestamp: BigInt(at),
    ns: USER_NOTICE,
    payload: toBinary(UserNoticeSchema, create(UserNoticeSchema, { type })),
  });
  const status = { code: statuses.ok };
  return syncFrame(vsn, userXid(to), { status, metas: [meta], serverTime: BigInt(at) });
}

/** A SyncDL names whom it is about, always: the SDK reads that of each, and dies where it is not there. */
function syncFrame(vsn: number, xid: Conversation, said: Said): Uint8Array {
  const { uid, deviceSN } = xid;
  const told = create(SyncDLSchema, { ...said, xid: { uid, deviceSN } });
  return frame(vsn, Command.SYNC, toBinary(SyncDLSchema, told));
}

/** The user of a device, no device in particular; nobody where it is not known. */
function userXid(device: Xid | undefined): Conversation {
  return { uid: BigInt(device?.userId ?? 0), deviceSN: 0 };
}

function wireXid({ userId, deviceSn }: Xid) {
  return { uid: BigInt(userId), deviceSN: deviceSn };
}

function frame(vsn: number, command: Command, payload: Uint8Array): Uint8Array {
  const plain = { compressMethod: 0, encryptMethod: 0 };
  return toBinary(FrameSchema, create(FrameSchema, { vsn, command, payload, ...plain }));
}
