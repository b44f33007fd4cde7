import { identify } from "../admission/admit.ts";
import { Call, type Invocation } from "../admission/call.ts";
import { countBlock, limitStranger } from "../admission/flood.ts";
import type { Wanted } from "../admission/verdict.ts";
import { DeviceGuid, Platform } from "../domain/fields.ts";
import { type Reason, Refusal, TooMany, reasons } from "../domain/reasons.ts";
import type { DeviceFacts } from "../hub/contract.ts";
import { faultOf } from "../platform/log.ts";
import { refusalOf } from "../protocol/closes.ts";
import { openSocket } from "../services/connect.ts";
import { type ProvisionIn, type Status, type Xid, statuses } from "./frames.ts";
import { NativeSocket } from "./native.ts";

/** The request that opened an SDK's socket, as far as it counts for what the socket says later. */
export interface Visitor extends Invocation {
  env: Env;
  url: string;
  headers: Headers;
}

/** What became of a PROVISION: the device and its native socket, or why it is not let in. */
export type Provisioned = { ok: true; self: Xid; native: NativeSocket } | { ok: false; status: Status };

/** Longest device name, in code points; what the SDK says of its device may be longer. */
const LONGEST_NAME = 64;

/** The statuses of refusals; any other is one of the token. */
const statusOf: Partial<Record<Reason, Status["code"]>> = {
  user_disabled: statuses.user_disabled,
  too_many_devices: statuses.too_many_devices,
  // Of what a device says only its device_guid can be wrong here.
  parameter_wrong: statuses.guid_conflict,
  app_suspended: statuses.app_suspended,
};

function refuse(reason: Reason, message: string = reasons[reason].message): Provisioned {
  return { ok: false, status: { code: statusOf[reason] ?? statuses.token_invalid, reason: message } };
}

/**
 * Lets a device in, or says why not: the same checks as before the native socket, and the same socket in the user's hub.
 * Each is logged like a request. A refused one counts against the address, whatever was wrong: it may be tried again on the
 * same socket. Throws where it cannot be said now.
 */
export async function provision(visitor: Visitor, given: ProvisionIn): Promise<Provisioned> {
  const { env, headers } = visitor;
  const call = new Call(env, visitor, visitor);
  call.operation = "sdkProvision";
  try {
    const outcome = await tried(call, given, headers.get("origin")).catch(tellTooMany);
    call.code = outcome.ok ? statuses.ok : outcome.status.code;
    return outcome;
  } catch (error) {
    call.fault = faultOf(error);
    throw error;
  } finally {
    if (call.countedAs !== undefined) call.background(countBlock(call, call.countedAs));
    call.log(101, call.operation);
  }
}

async function tried(call: Call, given: ProvisionIn, origin: string | null): Promise<Provisioned> {
  const outcome = await admit(call, given, origin ?? undefined).catch(tellRefusal);
  if (!outcome.ok) await limitStranger(call);
  return outcome;
}

/** Only a session's own token is good, and it says the app. */
const wanted: Wanted = { caller: "session", scope: undefined, app: "of the token" };
const nothingElse = { appId: undefined, rootKey: undefined, userId: undefined, groupId: undefined };

async function admit(call: Call, given: ProvisionIn, origin: string | undefined): Promise<Provisioned> {
  await identify(call, wanted, { ...nothingElse, token: given.token, origin }, false);
  if (given.uid !== 0n && given.uid !== BigInt(call.subject)) {
    return refuse("token_invalid", "the access token is another user's");
  }
  const guid = DeviceGuid.optional().safeParse(given.guid === "" ? undefined : given.guid);
  if (!guid.success) {
    return refuse("parameter_wrong", `device_guid must be ${DeviceGuid.meta()?.description}`);
  }
  return await enter(call, {
    guid: guid.data,
    platform: platformOf(given.osType),
    name: given.info === "" ? undefined : Array.from(given.info).slice(0, LONGEST_NAME).join(""),
    user_agent: call.userAgent,
  });
}

/** A number that is no platform's is a browser's; none at all leaves it to the hub, which may know the device. */
function platformOf(osType: number): Platform | undefined {
  return osType === 0 ? undefined : (Platform.safeParse(osType).data ?? 6);
}

/** Opens the device's native socket. Its first event is the hub's verdict. */
async function enter(call: Call, device: DeviceFacts): Promise<Provisioned> {
  const opened = await openSocket(call, device);
  if (!(opened instanceof Response)) return refuse(opened.reason, opened.message);
  if (!opened.webSocket) throw new Error("an upgrade without a socket");
  const native = new NativeSocket(opened.webSocket);
  const verdict = await native.next();
  if (verdict.type === "welcome") {
    return { ok: true, native, self: { userId: call.subject, deviceSn: verdict.device_sn } };
  }
  if (verdict.type === "notice") {
    native.close();
    throw new Error("a notice before the welcome");
  }
  const reason = refusalOf(verdict.code, verdict.reason);
  if (reason === undefined) throw new Error("the hub hung up before the welcome");
  return refuse(reason);
}

/** A refusal is an answer to PROVISION; all else stays an error. */
function tellRefusal(error: unknown): Provisioned {
  if (!(error instanceof Refusal)) throw error;
  return refuse(error.reason, error.message);
}

/** The SDK has a status of its own for a flood; all else stays an error. */
function tellTooMany(error: unknown): Provisioned {
  if (!(error instanceof TooMany)) throw error;
  return { ok: false, status: { code: statuses.too_many_calls, reason: error.message } };
}
