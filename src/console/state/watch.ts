import { useEffect, useRef, useState } from "preact/hooks";
import type { WatchFrame } from "../api/types.ts";
import { end, type Session } from "./session.ts";

type Picture = Extract<WatchFrame, { type: "picture" }>["picture"];
type Ended = Extract<WatchFrame, { type: "picture" }>["sessions_ended"];

/** How the page hears of the user: `lost` tries again by itself; `displaced` had to make room, and waits to be asked. */
export type Line = "connecting" | "live" | "lost" | "displaced" | "suspended" | "deleted";

/** What is known of a user, as it is now, and how it is heard of. */
export interface Watched {
  picture: Picture | undefined;
  ended: Ended;
  line: Line;
  /** Tries again at once. */
  again: () => void;
}

/** How often the line is proved (ms), and how long an answer may take. */
const PING = 25_000;
const PATIENCE = 10_000;
/** Waits between tries (ms), each up to half as long again. */
const WAITS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
/** Most ended sessions that are remembered: the service lists the others. */
const ENDED = 50;
/** The last of all records of an instant. */
const LAST_ID = Number.MAX_SAFE_INTEGER;

const closes: Record<number, Line | "dead"> = {
  4401: "dead",
  4402: "dead",
  4403: "suspended",
  4409: "displaced",
  4410: "deleted",
};

/** What a watch says is what its declaration says: the service and this page are of one build. */
const isFrame = (value: unknown): value is WatchFrame =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";

function frameOf(text: unknown): WatchFrame | undefined {
  if (typeof text !== "string" || !text.startsWith("{")) return undefined;
  const value: unknown = JSON.parse(text);
  return isFrame(value) ? value : undefined;
}

type State = Omit<Watched, "again">;

type Parts = Extract<WatchFrame, { type: "changed" }>["parts"];

/** The picture with the parts that have changed. */
const changed = (before: Picture, parts: Parts): Picture => ({
  ...before,
  profile: parts.profile ?? before.profile,
  settings: parts.settings ?? before.settings,
  status: parts.status ?? before.status,
  bans: parts.bans ?? before.bans,
  online: parts.online ?? before.online,
  devices: parts.devices ?? before.devices,
  sessions: parts.sessions ?? before.sessions,
  push: parts.push ?? before.push,
  owed: parts.owed ?? before.owed,
});

function after(state: State, frame: WatchFrame): State {
  if (frame.type === "picture") return { picture: frame.picture, ended: frame.sessions_ended, line: "live" };
  if (frame.type === "changed")
    return state.picture ? { ...state, picture: changed(state.picture, frame.parts) } : state;
  if (frame.type === "ended") {
    // What ended while the picture was put together comes in both.
    const known = new Set(state.ended.map(({ id }) => id));
    const news = frame.sessions.filter(({ id }) => !known.has(id)).toReversed();
    return { ...state, ended: [...news, ...state.ended].slice(0, ENDED) };
  }
  return { ...state, line: "deleted" };
}

/**
 * Where the page behind these ended sessions begins, where there are as many as are remembered: at the last one, with whose instant
 * others may have ended, so that those that are shown come again.
 */
export function cursorBehind(ended: Ended): string | undefined {
  const last = ended[ENDED - 1];
  return last && `${last.at}.${LAST_ID}`;
}

const nothing: State = { picture: undefined, ended: [], line: "connecting" };

/** Watches a user for as long as the page shows the user. A line that breaks is taken up again; what was known stays meanwhile. */
export function useWatch(who: Session, userId: number): Watched {
  const [state, setState] = useState<State>(nothing);
  const [round, setRound] = useState(0);
  const tries = useRef(0);
  useEffect(() => {
    let isOver = false;
    let wait: ReturnType<typeof setTimeout> | undefined;
    let silence: ReturnType<typeof setTimeout> | undefined;
    const address = new URL("/admin/user/watch", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    address.search = new URLSearchParams({ app_id: who.app, user_id: String(userId) }).toString();
    const socket = new WebSocket(address, ["im.v1", `token.${who.token}`]);
    const lose = (code: number) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(silence);
      const why = closes[code] ?? "lost";
      if (why === "dead") return end("dead");
      setState((before) => ({ ...before, line: why }));
      if (why !== "lost") return;
      const base = WAITS[Math.min(tries.current, WAITS.length - 1)] ?? 0;
      tries.current += 1;
      wait = setTimeout(() => setRound((before) => before + 1), base * (1 + Math.random() / 2));
    };
    const prove = setInterval(() => {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send("ping");
      silence ??= setTimeout(() => {
        // A line that broke without a word is never closed by the other side.
        lose(1006);
        socket.close();
      }, PATIENCE);
    }, PING);
    socket.addEventListener("message", ({ data }) => {
      clearTimeout(silence);
      silence = undefined;
      const frame = frameOf(data);
      if (!frame) return;
      tries.current = 0;
      setState((before) => after(before, frame));
    });
    socket.addEventListener("close", ({ code }) => lose(code));
    const online = () => {
      clearTimeout(wait);
      if (isOver) setRound((before) => before + 1);
    };
    const offline = () => {
      lose(1006);
      socket.close();
    };
    addEventListener("online", online);
    addEventListener("offline", offline);
    return () => {
      isOver = true;
      removeEventListener("online", online);
      removeEventListener("offline", offline);
      clearInterval(prove);
      clearTimeout(wait);
      clearTimeout(silence);
      socket.close();
    };
  }, [who, userId, round]);
  return { ...state, again: () => setRound((before) => before + 1) };
}
