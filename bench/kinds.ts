import { type Ours, USERS, Victims, oursToKick, registerOf, signInOf } from "./contestants.ts";
import { FrameSocket } from "./frames.ts";
import type { Sent } from "./wire.ts";

/** A kind of request, of ours and of the bare Worker's, by the lane that asks and a number that no other request has. */
export interface Kind {
  name: string;
  /** Requests of a round, one at a time; four times as many where 16 are asked at a time. */
  count: number;
  ours: (lane: number, turn: number) => Sent;
  bare: (lane: number, turn: number) => Sent;
  /** What each needs before a round. */
  before?: { ours: () => Promise<void>; bare: () => Promise<void> };
  /** How many are asked in a round of 16 at a time, where that is not four times as many. */
  countOf16?: number;
}

const get = (path: string, headers: Record<string, string> = {}): Sent => ({ method: "GET", path, headers });
const post = (path: string, headers: Record<string, string> = {}, json?: unknown): Sent => ({
  method: "POST",
  path,
  headers,
  ...(json !== undefined && { json }),
});

/** The kinds without a password. */
export function plainKinds(served: Ours, bareOrigin: string): Kind[] {
  const count = 40;
  const { admin } = served;
  const own = (lane: number) => served.user(lane).own;
  const behalf = (lane: number) => ({ ...admin, user_id: served.user(lane).id });
  const all = Array.from({ length: USERS }, (_, user) => user);
  const everyone = all.map((user) => Number(served.user(user).id));
  const toKick = oursToKick(served);
  const { victims } = toKick;
  const bareVictims = new Victims(async (index) =>
    FrameSocket.open(new URL(`/connect?user=${index}&device=victim`, bareOrigin), []),
  );
  return [
    { name: "GET /", count, ours: () => get("/"), bare: () => get("/") },
    {
      name: "GET /user/profile",
      count,
      ours: (lane) => get("/user/profile", own(lane)),
      bare: (lane) => get(`/profile?user=${lane}`),
    },
    {
      name: "GET /user/settings",
      count,
      ours: (lane) => get("/user/settings", own(lane)),
      bare: (lane) => get(`/settings?user=${lane}`),
    },
    {
      name: "GET /user/online_status",
      count,
      ours: (lane) => get("/user/online_status", own(lane)),
      bare: (lane) => get(`/online?user=${lane}`),
    },
    {
      name: "POST /user/nickname",
      count,
      ours: (lane, turn) => post(`/user/nickname?nick_name=n${turn}`, own(lane)),
      bare: (lane, turn) => post(`/nickname?user=${lane}&name=n${turn}`),
    },
    {
      name: "POST /user/settings",
      count,
      ours: (lane, turn) => post("/user/settings", own(lane), { no_push_start_hour: turn % 24 }),
      bare: (lane, turn) =>
        post(`/set?user=${lane}&hour=${turn % 24}`, {}, { no_push_start_hour: turn % 24 }),
    },
    {
      name: "GET /user/profile by an admin",
      count,
      ours: (lane) => get("/user/profile", behalf(lane)),
      bare: (lane) => get(`/admin/profile?user=${lane}`),
    },
    {
      name: "GET /user/list, 50 of 1,000",
      count,
      ours: () => get("/user/list?page_size=50", admin),
      bare: () => get("/admin/list"),
    },
    {
      name: "POST /user/kick, a connected device",
      count: 48,
      countOf16: 48,
      ours: () => {
        const victim = victims.next();
        return post(`/user/kick?device_sn=${toKick.sn(victim)}`, own(victim));
      },
      bare: () => post(`/kick?user=${bareVictims.next()}&device=victim`),
      before: { ours: () => victims.connect(), bare: () => bareVictims.connect() },
    },
    {
      name: "POST /admin/push/route, 1 user",
      count,
      ours: (lane) => post("/admin/push/route", admin, { list: [Number(served.user(lane).id)] }),
      bare: (lane) => post(`/admin/route?users=${lane}`, {}, { list: [lane] }),
    },
    {
      name: "POST /admin/push/route, 100 users",
      count: 10,
      ours: () => post("/admin/push/route", admin, { list: everyone }),
      bare: () => post(`/admin/route?users=${all.join()}`, {}, { list: all }),
    },
    {
      name: "PUT /user/disable, one user",
      count,
      ours: (lane) => ({
        method: "PUT",
        path: "/user/disable",
        headers: admin,
        json: { list: [Number(served.user(lane).id)] },
      }),
      bare: (lane) => post(`/disable?user=${lane}`, {}, { list: [lane] }),
    },
  ];
}

/** The kinds with a password: one hash each. */
export const hashKinds: Kind[] = [
  {
    name: "POST /token/user",
    count: 4,
    ours: (lane) => signInOf(lane, "bench"),
    bare: (lane) => post(`/sign-in?user=${lane}`, {}, signInOf(lane, "bench").json),
  },
  {
    name: "POST /user/register/v2",
    count: 4,
    ours: (_lane, turn) => registerOf(`new_${turn}_a`),
    bare: (_lane, turn) => post(`/register?name=new_${turn}`, {}, registerOf(`new_${turn}_a`).json),
  },
];

const asked = new RegExp(process.env["KINDS"] ?? "");

/** True for a kind that is to be measured: KINDS is a pattern of their names. */
export const isAsked = ({ name }: Kind) => asked.test(name);
