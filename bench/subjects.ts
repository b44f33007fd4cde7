import { serveBare } from "./bare.ts";
import { FrameSocket } from "./frames.ts";
import { fieldOf } from "./measure.ts";
import { serve } from "./server.ts";
import { atOnce } from "./wire.ts";

/** What is measured with devices: connects and kicks them. */
export interface Subject {
  name: string;
  /** Opens the socket of a device. */
  connect(user: number, device: number): Promise<FrameSocket>;
  /** Kicks a device; true where the answer was a success. */
  kick(user: number, device: number): Promise<boolean>;
  stop(): Promise<void>;
}

/** Warbler, with so many users and so many signed-in devices of each. */
export async function warbler(users: number, devices: number): Promise<Subject> {
  // Passwords are no part of what is measured: their cost is low so that 2,000 sign-ins take seconds.
  const settings = { PASSWORD_COST: "m=8,t=1", PASSWORD_CALLS: "address=9999999,app=9999999" };
  const server = await serve({ settings });
  const post = async (path: string, headers: Record<string, string>, json?: unknown): Promise<unknown> => {
    const response = await fetch(server.origin + path, {
      method: "POST",
      headers: { app_id: "bench", "content-type": "application/json", ...headers },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const answer: unknown = await response.json();
    if (fieldOf(answer, "code") !== "200") throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return Reflect.get(Object(answer), "data");
  };
  await post("/admin/apps", { "root-key": server.rootKey }, { app_id: "bench" });
  for (let user = 0; user < users; user++) {
    await post("/user/register/v2", {}, { username: `device_user_${user}`, password: "a password" });
  }
  const tokens = new Map<string, string>();
  const serials = new Map<string, string>();
  await atOnce(devices * users, async (index) => {
    const [user, device] = [index % users, Math.floor(index / users)];
    const json = {
      name: `device_user_${user}`,
      password: "a password",
      device_guid: `d${device}`,
      platform: 1,
    };
    const data = await post("/token/user", {}, json);
    tokens.set(`${user}/${device}`, fieldOf(data, "token"));
    serials.set(`${user}/${device}`, fieldOf(data, "device_sn"));
  });
  return {
    name: "warbler",
    async connect(user, device) {
      const url = new URL("/user/device/connect?app_id=bench", server.origin);
      return await FrameSocket.open(url, ["im.v1", `token.${tokens.get(`${user}/${device}`)}`]);
    },
    async kick(user, device) {
      // The user's first device does it: it is never kicked itself.
      const token = tokens.get(`${user}/0`) ?? "";
      await post(`/user/kick?device_sn=${serials.get(`${user}/${device}`)}`, { "access-token": token });
      return true;
    },
    stop: () => server.stop(),
  };
}

const query = (user: number, device: number) => `?user=${user}&device=${device}`;

/** The bare object, one of each user; `writes` has it keep one row of each kick. */
export async function bare(writes: boolean, users: number): Promise<Subject> {
  const server = await serveBare(writes);
  const kick = async (user: number, device: number) =>
    (await fetch(`${server.origin}/kick${query(user, device)}`, { method: "POST" })).ok;
  // The objects are made and have their tables, as those of Warbler's users that have signed in.
  await atOnce(users, async (user) => {
    await kick(user, 0);
  });
  return {
    name: writes ? "with one write" : "bare object",
    connect: async (user, device) =>
      await FrameSocket.open(new URL(`/connect${query(user, device)}`, server.origin), []),
    kick,
    stop: () => server.stop(),
  };
}

/** Connects devices of users, each user's first before any user's second. */
export async function connectAll(
  subject: Subject,
  users: number,
  devices: number,
): Promise<Map<string, FrameSocket>> {
  const sockets = new Map<string, FrameSocket>();
  await atOnce(users * devices, async (index) => {
    const [user, device] = [index % users, Math.floor(index / users)];
    sockets.set(`${user}/${device}`, await subject.connect(user, device));
  });
  return sockets;
}
