import { z } from "zod";
import { type Platform, integer } from "./fields.ts";

/** The most devices of one user, where a policy sets no limit of its own. */
export const MOST = 10_000;

/** How many devices of some platforms there may be. */
const limitOf = (platforms: string) =>
  integer(1, MOST, `a number of devices, of ${platforms}: an integer of 1–${MOST}`).meta({ examples: [25] });

/** How many devices of one user may be signed in at once, and what happens to one too many. */
export const SignInPolicy = z
  .strictObject({
    limits: z
      .strictObject({
        mobile: limitOf("ios and android").optional(),
        desktop: limitOf("windows, mac and linux").optional(),
        web: limitOf("web").optional(),
        total: limitOf("all platforms together").optional(),
      })
      .meta({ description: `how many devices of a user may be signed in; of all ${MOST} where it has none` }),
    overflow: z.enum(["kick_oldest", "refuse_new"]).meta({
      description:
        '"kick_oldest" signs out who signed in longest ago to make room, "refuse_new" refuses the newcomer with 10031',
      examples: ["kick_oldest"],
    }),
  })
  .meta({
    id: "SignInPolicy",
    description: `{"limits":{"mobile"?,"desktop"?,"web"?,"total"?},"overflow":"kick_oldest" or "refuse_new"}, each limit an integer of 1–${MOST}`,
  });

export type SignInPolicy = z.infer<typeof SignInPolicy>;

/** What an app starts with. */
export const defaultPolicy: SignInPolicy = { limits: { total: 25 }, overflow: "kick_oldest" };

/** The class a platform is counted in. */
export function deviceClass(platform: Platform): "mobile" | "desktop" | "web" {
  if (platform <= 2) return "mobile";
  return platform <= 5 ? "desktop" : "web";
}

/** A device that is signed in: its serial, its platform, and when it signed in (ms). */
export interface SignedIn {
  sn: number;
  platform: Platform;
  signedInAt: number;
}

/** The answer of the policy: who must go, or that the newcomer must. */
export type Placement = { admitted: true; displaced: number[] } | { admitted: false };

/**
 * Decides whether a newcomer may sign in beside the devices that are. `newcomer.sn` is its serial where it is on the list
 * already: it takes its own place. Under kick_oldest the devices that signed in longest ago go, first of the newcomer's
 * class, then of all.
 */
export function place(
  policy: SignInPolicy,
  signedIn: readonly SignedIn[],
  newcomer: { sn: number | undefined; platform: Platform },
): Placement {
  const others = signedIn
    .filter((device) => device.sn !== newcomer.sn)
    .toSorted((a, b) => a.signedInAt - b.signedInAt || a.sn - b.sn);
  const own = deviceClass(newcomer.platform);
  const displaced = new Set<number>();
  const makeRoom = (candidates: SignedIn[], limit: number | undefined) => {
    const staying = candidates.filter((device) => !displaced.has(device.sn));
    const excess = limit === undefined ? 0 : staying.length + 1 - limit;
    for (const device of staying.slice(0, Math.max(0, excess))) displaced.add(device.sn);
  };
  makeRoom(
    others.filter((device) => deviceClass(device.platform) === own),
    policy.limits[own],
  );
  makeRoom(others, policy.limits.total ?? MOST);
  if (displaced.size > 0 && policy.overflow === "refuse_new") return { admitted: false };
  return { admitted: true, displaced: [...displaced] };
}
