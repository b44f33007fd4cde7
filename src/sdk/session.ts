import type { Actor } from "../domain/actors.ts";
import type { Invocation } from "../admission/call.ts";
import { CLOSE_PATIENCE, closeCodes, sendableClose } from "../protocol/closes.ts";
import { UNNUMBERED, notices } from "../protocol/notices.ts";
import { attachmentMessages, openingPackets, pong, readAttachment, readPacket } from "./engine-io.ts";
import {
  type FrameIn,
  type ProvisionIn,
  type Status,
  type Xid,
  noticeFrame,
  provisionAnswer,
  readFrame,
  statuses,
  syncAnswer,
  unreadAnswer,
} from "./frames.ts";
import type { Heard, NativeSocket } from "./native.ts";
import type { Provisioned } from "./provision.ts";

/** How long a socket may be open without its device having been let in (ms). */
export const PATIENCE = 30_000;

/** Largest message of a client (bytes). What the SDK sends is some hundred. */
const MAX_MESSAGE = 64 * 1024;

/** How many messages a socket may send before its device is let in. The SDK sends two for a PROVISION, and a ping. */
const MAX_BEFORE = 100;

/** How much may wait to be read by the client (bytes). */
const MAX_UNREAD = 256 * 1024;

/** Close codes of an SDK's socket besides those of the native socket, which are passed on. */
const sdkCloseCodes = {
  /** The peer said goodbye. */
  goodbye: 1000,
  /** It does not read what it is sent. */
  deaf: 1008,
  /** A message over the limit. */
  too_big: 1009,
  /** The service failed: the device may come back. */
  failed: 1011,
  /** No PROVISION was accepted in time, or while there was room to wait for it. */
  no_provision: 4408,
} as const;

/** What a session needs of the Worker that it runs in. */
export interface Host extends Invocation {
  provision(given: ProvisionIn): Promise<Provisioned>;
  /** Hears that the socket is none that waits to be let in any more: its device was let in, or it is gone. */
  leave(): void;
}

const done: Status = { code: statuses.ok, reason: "" };
const notLetIn: Status = { code: statuses.token_invalid, reason: "PROVISION must be accepted first" };

/**
 * One socket of the official SDK: it speaks the SDK's dialect to the client and the native one to the user's hub, so
 * that the hub knows one kind of socket and sleeps while nothing happens.
 *
 * - A PROVISION that is refused may be tried again on the same socket. One more while one is looked into, or after one
 *   was accepted, closes the socket with 4400.
 * - UNREAD and SYNC are answered with status 7 until the device is let in. A command that is not known here is passed
 *   over: a newer SDK may know more.
 * - What is no frame, what is compressed or encrypted, a text where the attachment is due, an attachment that was not
 *   announced and a hundred messages without an accepted PROVISION close the socket with 4400, a message over 64 KiB with
 *   1009, and no accepted PROVISION within 30 s of the opening with 4408.
 * - A client that leaves 256 KiB unread is closed with 1008.
 * - A notice is sent before the close that follows it; the close code is the native one.
 * - Whatever closes it, its connection ends: with the client's answer to the close, or without it 5 s later.
 */
export class SdkSession {
  readonly #client: WebSocket;
  readonly #host: Host;
  readonly #deadline: ReturnType<typeof setTimeout>;
  #farewell: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;
  /** The connection has ended. */
  #isGone = false;
  /** The client has not answered the close in time. */
  #isOverdue = false;
  /** Messages heard before the device was let in. */
  #heardBefore = 0;
  #isProvisioning = false;
  #isAttachmentDue = false;
  #device: { self: Xid; native: NativeSocket } | undefined;
  /** The version of the client's frames, which its answers bear too. */
  #vsn = 0;
  #lastNotice = 0;

  constructor(client: WebSocket, host: Host) {
    this.#client = client;
    this.#host = host;
    client.binaryType = "arraybuffer";
    client.addEventListener("message", ({ data }) => this.#hear(data));
    client.addEventListener("close", () => this.#leave(sdkCloseCodes.goodbye));
    client.addEventListener("error", () => this.#leave(sdkCloseCodes.failed));
    client.accept();
    for (const packet of openingPackets(crypto.randomUUID())) this.#send(packet);
    this.#deadline = setTimeout(() => {
      this.#end(sdkCloseCodes.no_provision, "no PROVISION was accepted in time");
    }, PATIENCE);
  }

  /** Ends it where its device was not let in: others have had fewer places to wait in. */
  giveWay(): void {
    this.#end(sdkCloseCodes.no_provision, "too many sockets wait for their PROVISION");
  }

  #hear(data: unknown): void {
    if (this.#isOver) return;
    if (!this.#device && ++this.#heardBefore > MAX_BEFORE) {
      return this.#refuse("too many messages before an accepted PROVISION");
    }
    if (typeof data === "string") {
      if (Buffer.byteLength(data) > MAX_MESSAGE) this.#refuseSize();
      else this.#hearText(data);
    } else if (data instanceof ArrayBuffer) {
      if (data.byteLength > MAX_MESSAGE) this.#refuseSize();
      else this.#hearAttachment(new Uint8Array(data));
    }
  }

  #hearText(text: string): void {
    const packet = readPacket(text);
    if (!packet) return this.#refuse("not a packet of Engine.IO 3 and Socket.IO 2");
    switch (packet.kind) {
      case "ping":
        this.#send(pong(packet.data));
        this.#device?.native.ping();
        return;
      case "goodbye":
        this.#end(sdkCloseCodes.goodbye, "");
        return;
      case "announcement":
        if (this.#isAttachmentDue) return this.#refuse("the attachment was due");
        this.#isAttachmentDue = true;
        return;
      case "other":
        if (packet.isMessage && this.#isAttachmentDue) return this.#refuse("the attachment was due");
        return;
      default:
        packet satisfies never;
    }
  }

  #hearAttachment(message: Uint8Array): void {
    const isDue = this.#isAttachmentDue;
    this.#isAttachmentDue = false;
    const bytes = isDue ? readAttachment(message) : undefined;
    if (!bytes) return this.#refuse("an attachment that was not announced");
    const frame = readFrame(bytes);
    if (!frame) return this.#refuse("not a plain Frame");
    this.#vsn = frame.vsn;
    this.#answer(frame);
  }

  #answer(frame: FrameIn): void {
    const status = this.#device ? done : notLetIn;
    switch (frame.command) {
      case "provision":
        if (this.#device || this.#isProvisioning)
          return this.#refuse("one PROVISION at a time, and none after");
        // Its end must be seen to even where the client is gone by then: the hub may have let the device in.
        this.#host.waitUntil(this.#letIn(frame.provision));
        return;
      case "unread":
        this.#sendFrame(unreadAnswer(this.#vsn, status));
        return;
      case "sync":
        this.#sendFrame(syncAnswer(this.#vsn, status, frame.conversation, this.#device?.self));
        return;
      case "other":
        return;
      default:
        frame satisfies never;
    }
  }

  async #letIn(given: ProvisionIn): Promise<void> {
    this.#isProvisioning = true;
    const outcome = await this.#host.provision(given).catch(() => undefined);
    this.#isProvisioning = false;
    if (this.#isOver) {
      if (outcome?.ok) outcome.native.close();
      if (this.#isOverdue) this.#hangUp();
      return;
    }
    if (!outcome) return this.#end(sdkCloseCodes.failed, "try again in a moment");
    if (!outcome.ok) return this.#sendFrame(provisionAnswer(this.#vsn, outcome.status));
    const { self, native } = outcome;
    clearTimeout(this.#deadline);
    this.#host.leave();
    this.#device = { self, native };
    this.#sendFrame(provisionAnswer(this.#vsn, done, self));
    native.listen((heard) => this.#pass(heard, self));
  }

  /** Passes on what the device's native socket hears. */
  #pass(heard: Heard, self: Xid): void {
    switch (heard.type) {
      case "welcome":
        return;
      case "notice": {
        // The SDK does not know what has no number.
        if (heard.notice_type === UNNUMBERED) return;
        const { at } = heard;
        // A client may know what it has seen by its id: ids grow, and are the same for no two notices.
        this.#lastNotice = Math.max(at, this.#lastNotice + 1);
        const notice = { id: this.#lastNotice, type: typeFor(heard), at, from: xidOf(heard.by), to: self };
        this.#sendFrame(noticeFrame(this.#vsn, notice));
        return;
      }
      case "closed": {
        const { code, reason } = sendableClose(heard.code, heard.reason) ?? {
          code: closeCodes.restart,
          reason: "",
        };
        this.#end(code, reason);
        return;
      }
      default:
        heard satisfies never;
    }
  }

  #refuse(why: string): void {
    this.#end(closeCodes.bad_frame, why);
  }

  #refuseSize(): void {
    this.#end(sdkCloseCodes.too_big, `a message must be at most ${MAX_MESSAGE} bytes`);
  }

  /** Ends both sockets; the second end of one that has ended does nothing. */
  #end(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#deadline);
    this.#device?.native.close();
    if (!this.#isGone) this.#farewell = setTimeout(() => this.#hangUp(), CLOSE_PATIENCE);
    try {
      this.#client.close(code, reason);
    } catch {
      // The client is gone already.
    }
  }

  /** The connection has ended, by the client's close, its answer to ours, or a failure. */
  #leave(code: number): void {
    this.#isGone = true;
    clearTimeout(this.#farewell);
    this.#end(code, "");
    this.#host.leave();
  }

  #hangUp(): void {
    this.#isOverdue = true;
    // What becomes of a PROVISION must be seen to first.
    if (this.#isProvisioning || this.#isGone) return;
    this.#host.leave();
    this.#host.hangUp();
  }

  #sendFrame(frame: Uint8Array): void {
    for (const message of attachmentMessages(frame)) this.#send(message);
  }

  #send(message: string | Uint8Array): void {
    if (this.#isOver) return;
    if (this.#client.bufferedAmount > MAX_UNREAD) return this.#end(sdkCloseCodes.deaf, "read what is sent");
    try {
      this.#client.send(message);
    } catch {
      // The client is gone already: its close event is on the way.
    }
  }
}

/**
 * The type of a notice as the SDK understands it: it takes each `device_removed` for its own end and throws its token away.
 * A device that stays on the list hears of another's removal that it went.
 */
function typeFor({ notice_type: type, retry }: Extract<Heard, { type: "notice" }>): number {
  return retry && type === notices.device_removed ? notices.device_logout : type;
}

/** Who caused a notice; an admin is no user and has no id. */
function xidOf(by: Actor): Xid {
  return "user_id" in by ? { userId: by.user_id, deviceSn: by.device_sn ?? 0 } : { userId: 0, deviceSn: 0 };
}
