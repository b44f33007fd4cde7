import { createHash } from "node:crypto";
import { z } from "zod";
import { type EndedSession, type Picture, pictureParts } from "../domain/picture.ts";
import { type WatchEnd, type WatchFrame, watchCodes } from "../protocol/watch.ts";
import { tokensInForce } from "../store/admin-tokens.ts";
import { directoryOf, noTrips } from "../store/database.ts";
import type { Owner } from "../store/own.ts";
import type { Pictures } from "./picture.ts";
import { SILENCE, WATCHER, close, heardLast, send } from "./sockets.ts";

/** How many may watch a user at once. */
export const MOST_WATCHERS = 10;

/** Ends of sessions in the first frame. */
const FIRST_ENDS = 50;

/** How long a round of telling waits for what follows at once (ms). */
const PAUSE = 150;

/** What a watcher's socket is, for as long as it is: by which token, and what it was shown, each part by its hash. */
const Attachment = z.object({
  token: z.int(),
  since: z.int(),
  shown: z.record(z.string(), z.string()).nullable(),
});

type Attachment = z.infer<typeof Attachment>;

/**
 * The sockets of staff who watch the user. They are none of the devices': none of them is online, is pinged for, hears notices or
 * ends with a session, and while nothing happens the hub sleeps. What happens is told by comparing what is with what was shown,
 * so that no change is forgotten whoever makes it. Before anything is shown, the directory is asked whether the admin tokens
 * are in force.
 */
export class Watchers {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #owner: Owner;
  readonly #pictures: Pictures;
  /** What has ended and is still to be told. It dies with the sockets. */
  #ended: EndedSession[] = [];
  #telling: Promise<void> | undefined;
  #isAsked = false;

  constructor(ctx: DurableObjectState, env: Env, owner: Owner, pictures: Pictures) {
    this.#ctx = ctx;
    this.#env = env;
    this.#owner = owner;
    this.#pictures = pictures;
  }

  /** True while anybody watches. */
  get any(): boolean {
    return this.#open().length > 0;
  }

  /** True for a watcher's socket. */
  owns(socket: WebSocket): boolean {
    return this.#ctx.getTags(socket).includes(WATCHER);
  }

  /**
   * Takes a watcher in; it is shown all at the next `tell`. Where too many watch, the first of those by the token that has the most
   * makes room, so that no token drives another's out; of several such tokens, the newcomer's own.
   */
  accept(socket: WebSocket, token: number): void {
    const open = this.#heard();
    if (open.length >= MOST_WATCHERS) {
      const [fullest] = [...Map.groupBy(open, (each) => attachmentOf(each).token)].toSorted(
        ([one, ofOne], [other, ofOther]) =>
          ofOther.length - ofOne.length || Number(other === token) - Number(one === token),
      );
      const [first] = (fullest?.[1] ?? []).toSorted(
        (one, other) => attachmentOf(one).since - attachmentOf(other).since,
      );
      if (first) end(first, "displaced");
    }
    this.#ctx.acceptWebSocket(socket, [WATCHER]);
    attach(socket, { token, since: Date.now(), shown: null });
  }

  /** Closes a watcher's socket that sent what no watcher may send. */
  refuseFrame(socket: WebSocket): void {
    end(socket, "bad_frame");
  }

  /** Notes the end of a session for those who watch. */
  hasEnded(session: EndedSession): void {
    if (this.any) this.#ended.push(session);
  }

  /** Tells what is new, when what the turn has written is safe; what happens meanwhile is told behind it. */
  async tell(): Promise<void> {
    this.#isAsked = true;
    this.#telling ??= this.#tellWhileAsked();
    await this.#telling;
  }

  async #tellWhileAsked(): Promise<void> {
    try {
      while (this.#isAsked) {
        this.#isAsked = false;
        await this.#ctx.storage.sync();
        if (!this.any) continue;
        await this.#tellAll();
        await scheduler.wait(PAUSE);
      }
    } catch {
      // What is not known now is known to who comes again.
      for (const socket of this.#open()) end(socket, "restart");
    } finally {
      this.#telling = undefined;
    }
  }

  async #tellAll(): Promise<void> {
    const asked = this.#heard();
    const hasNewcomers = asked.some((socket) => attachmentOf(socket).shown === null);
    const limit = hasNewcomers ? FIRST_ENDS : 0;
    const pictured = await this.#pictures.take({ before: undefined, limit });
    const directory = directoryOf(this.#env, noTrips());
    const ids = [...new Set(asked.map((socket) => attachmentOf(socket).token))];
    const inForce = await tokensInForce(directory, this.#owner.app_id, ids, Date.now());
    const ended = this.#ended.splice(0);
    const at = Date.now();
    const marks = pictured && marksOf(pictured.picture);
    for (const socket of asked.filter(isOpen)) {
      const was = attachmentOf(socket);
      const verdict = inForce.get(was.token) ?? "token_invalid";
      if (verdict !== "in_force") {
        end(socket, verdict);
        continue;
      }
      const sessions = was.shown === null ? [] : ended;
      if (sessions.length > 0) say(socket, { type: "ended", at, sessions });
      if (!pictured || !marks) {
        say(socket, { type: "deleted", at });
        end(socket, "deleted");
        continue;
      }
      const { picture } = pictured;
      if (was.shown === null)
        say(socket, {
          type: "picture",
          at,
          picture,
          sessions_ended: this.#pictures.withLatest(pictured.ended).rows,
        });
      else {
        const { shown } = was;
        const changed = pictureParts.filter((part) => shown[part] !== marks[part]);
        if (changed.length === 0) continue;
        const parts = Object.fromEntries(changed.map((part) => [part, picture[part]]));
        say(socket, { type: "changed", at, parts });
      }
      attach(socket, { ...was, shown: marks });
    }
  }

  #open(): WebSocket[] {
    return this.#ctx.getWebSockets(WATCHER).filter(isOpen);
  }

  /** Those that are open, once the others' line is closed that have not pinged for too long. */
  #heard(): WebSocket[] {
    const now = Date.now();
    for (const socket of this.#open()) {
      const heardAt = heardLast(this.#ctx, socket, attachmentOf(socket).since);
      if (heardAt + SILENCE <= now) end(socket, "silent");
    }
    return this.#open();
  }
}

const isOpen = (socket: WebSocket) => socket.readyState === WebSocket.OPEN;

function markOf(part: unknown): string {
  return createHash("sha256").update(JSON.stringify(part)).digest("base64url").slice(0, 16);
}

/** What tells one state of a part from another. That a device was heard of is no news. */
function marksOf(picture: Picture): Record<string, string> {
  const devices = picture.devices.map(({ last_active_at: _at, ...device }) => device);
  const compared = { ...picture, devices };
  return Object.fromEntries(pictureParts.map((part) => [part, markOf(compared[part])]));
}

function attach(socket: WebSocket, attachment: Attachment): void {
  socket.serializeAttachment(attachment);
}

function attachmentOf(socket: WebSocket): Attachment {
  return Attachment.parse(socket.deserializeAttachment());
}

function say(socket: WebSocket, frame: WatchFrame): void {
  send(socket, JSON.stringify(frame));
}

function end(socket: WebSocket, why: WatchEnd): void {
  close(socket, watchCodes[why], why);
}
