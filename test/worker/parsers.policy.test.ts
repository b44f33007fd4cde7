import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Platform } from "../../src/domain/fields.ts";
import { type SignedIn, SignInPolicy, defaultPolicy, place } from "../../src/domain/policy.ts";

/** The class of each platform, as the specification lists them. */
const classes = ["", "mobile", "mobile", "desktop", "desktop", "desktop", "web"] as const;

const platforms = fc.integer({ min: 1, max: 6 }).map((number) => Platform.parse(number));

const limits = fc.record(
  {
    mobile: fc.integer({ min: 1, max: 4 }),
    desktop: fc.integer({ min: 1, max: 4 }),
    web: fc.integer({ min: 1, max: 4 }),
    total: fc.integer({ min: 1, max: 8 }),
  },
  { requiredKeys: [] },
);

const policies = (overflow: fc.Arbitrary<"kick_oldest" | "refuse_new">) =>
  fc.record({ limits, overflow }).map((policy) => SignInPolicy.parse(policy));

const kickOldest = policies(fc.constant("kick_oldest"));
const refuseNew = policies(fc.constant("refuse_new"));
const anyPolicy = fc.oneof(kickOldest, refuseNew);

/** Devices that are signed in: some at the same instant, and not in the order of their serials. */
const signedIn = fc.uniqueArray(
  fc.record({
    sn: fc.integer({ min: 1, max: 30 }),
    platform: platforms,
    signedInAt: fc.integer({ min: 0, max: 20 }),
  }),
  { selector: ({ sn }) => sn, maxLength: 12 },
);

/** A new device, one that is on the list but not signed in, or one that is signed in already. */
const newcomers = (devices: readonly SignedIn[]) =>
  fc.record({
    sn: fc.oneof(
      fc.constant(undefined),
      fc.integer({ min: 31, max: 40 }),
      fc.constantFrom(...devices.map(({ sn }) => sn), 31),
    ),
    platform: platforms,
  });

const scenes = (policy: fc.Arbitrary<SignInPolicy>) =>
  fc
    .tuple(policy, signedIn)
    .chain(([rules, devices]) => fc.tuple(fc.constant(rules), fc.constant(devices), newcomers(devices)));

type Has = Pick<SignedIn, "platform">;

/** The limits that so many devices of these platforms exceed, of those that a newcomer is counted in. */
function exceeded(policy: SignInPolicy, devices: readonly Has[], newcomer: Has): string[] {
  const own = classes[newcomer.platform] ?? "";
  const inClass = devices.filter(({ platform }) => classes[platform] === own).length;
  const counts: Record<string, number> = { [own]: inClass, total: devices.length };
  return Object.entries(policy.limits)
    .filter(([name, limit]) => (counts[name] ?? 0) > (limit ?? Infinity))
    .map(([name]) => name);
}

/** How many devices must go at least. */
function excess(policy: SignInPolicy, others: readonly Has[], newcomer: Has): number {
  const own = classes[newcomer.platform];
  const { total = Infinity, mobile, desktop, web } = policy.limits;
  const limit = { "": undefined, mobile, desktop, web }[own ?? ""] ?? Infinity;
  const inClass = others.filter(({ platform }) => classes[platform] === own).length;
  return Math.max(0, inClass + 1 - limit, others.length + 1 - total);
}

const isOlder = (one: SignedIn, other: SignedIn) => one.signedInAt < other.signedInAt;

const runs = { numRuns: 1000 };

describe("under any policy", () => {
  it("no limit that the newcomer is counted in is exceeded once it is admitted", () => {
    fc.assert(
      fc.property(scenes(anyPolicy), ([policy, devices, newcomer]) => {
        const placed = place(policy, devices, newcomer);
        if (!placed.admitted) return;
        const staying = devices.filter(({ sn }) => sn !== newcomer.sn && !placed.displaced.includes(sn));
        expect(exceeded(policy, [...staying, newcomer], newcomer)).toEqual([]);
      }),
      runs,
    );
  });

  it("a newcomer is admitted and displaces nobody where there is room", () => {
    fc.assert(
      fc.property(scenes(anyPolicy), ([policy, devices, newcomer]) => {
        const others = devices.filter(({ sn }) => sn !== newcomer.sn);
        fc.pre(exceeded(policy, [...others, newcomer], newcomer).length === 0);
        expect(place(policy, devices, newcomer)).toEqual({ admitted: true, displaced: [] });
      }),
      runs,
    );
  });

  it("a device that signs in again takes its own place", () => {
    fc.assert(
      fc.property(scenes(anyPolicy), ([policy, devices, newcomer]) => {
        const others = devices.filter(({ sn }) => sn !== newcomer.sn);
        const placed = place(policy, devices, newcomer);
        expect(placed).toEqual(place(policy, others, { sn: undefined, platform: newcomer.platform }));
      }),
      runs,
    );
  });

  it("10,000 devices are all that there is room for, where it says no total", () => {
    const devices = Array.from({ length: 10_000 }, (_, index): SignedIn => ({
      sn: index + 1,
      platform: 6,
      signedInAt: index,
    }));
    const newcomer = { sn: undefined, platform: 6 } as const;
    const judged = (overflow: "kick_oldest" | "refuse_new", there: SignedIn[]) =>
      place({ limits: { mobile: 1 }, overflow }, there, newcomer);
    expect(judged("kick_oldest", devices)).toEqual({ admitted: true, displaced: [1] });
    expect(judged("refuse_new", devices)).toEqual({ admitted: false });
    expect(judged("refuse_new", devices.slice(1))).toEqual({ admitted: true, displaced: [] });
  });

  it("the order in which the devices are listed plays no part", () => {
    const shuffled = scenes(anyPolicy).chain((scene) =>
      fc.tuple(
        fc.constant(scene),
        fc.shuffledSubarray(scene[1], { minLength: scene[1].length, maxLength: scene[1].length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([[policy, devices, newcomer], others]) => {
        expect(place(policy, others, newcomer)).toEqual(place(policy, devices, newcomer));
      }),
      runs,
    );
  });

  it("the devices given are left as they are", () => {
    fc.assert(
      fc.property(scenes(anyPolicy), ([policy, devices, newcomer]) => {
        const before = structuredClone(devices);
        place(policy, devices, newcomer);
        expect(devices).toEqual(before);
      }),
    );
  });
});

/** What kick_oldest displaces, as devices; fails where a newcomer is not let in. */
function displacedBy(
  policy: SignInPolicy,
  devices: readonly SignedIn[],
  newcomer: Parameters<typeof place>[2],
) {
  const placed = place(policy, devices, newcomer);
  if (!placed.admitted) throw new Error("the newcomer was refused");
  const displaced = devices.filter(({ sn }) => placed.displaced.includes(sn));
  expect(placed.displaced).toHaveLength(displaced.length);
  const staying = devices.filter((device) => device.sn !== newcomer.sn && !displaced.includes(device));
  return { displaced, staying };
}

describe("kick_oldest", () => {
  it("displaces no more devices than it must, and each of them needed to go", () => {
    fc.assert(
      fc.property(scenes(kickOldest), ([policy, devices, newcomer]) => {
        const { displaced, staying } = displacedBy(policy, devices, newcomer);
        const others = devices.filter(({ sn }) => sn !== newcomer.sn);
        expect(displaced).toHaveLength(excess(policy, others, newcomer));
        for (const device of displaced) {
          expect(exceeded(policy, [...staying, device, newcomer], newcomer)).not.toEqual([]);
        }
      }),
      runs,
    );
  });

  it("displaces those that signed in longest ago, first of the newcomer's class", () => {
    fc.assert(
      fc.property(scenes(kickOldest), ([policy, devices, newcomer]) => {
        const { displaced, staying } = displacedBy(policy, devices, newcomer);
        const own = classes[newcomer.platform];
        for (const gone of displaced) {
          const isOwn = classes[gone.platform] === own;
          const rivals = staying.filter(({ platform }) => !isOwn || classes[platform] === own);
          expect(rivals.filter((device) => isOlder(device, gone))).toEqual([]);
        }
      }),
      runs,
    );
  });

  it("displaces no device of another class to keep within the limit of the newcomer's", () => {
    const withoutTotal = kickOldest.map((policy) => {
      const { total: _total, ...byClass } = policy.limits;
      return { ...policy, limits: byClass };
    });
    fc.assert(
      fc.property(scenes(withoutTotal), ([policy, devices, newcomer]) => {
        const { displaced } = displacedBy(policy, devices, newcomer);
        const own = classes[newcomer.platform];
        expect(displaced.filter(({ platform }) => classes[platform] !== own)).toEqual([]);
      }),
      runs,
    );
  });

  it("never displaces the newcomer itself", () => {
    fc.assert(
      fc.property(scenes(kickOldest), ([policy, devices, newcomer]) => {
        const { displaced } = displacedBy(policy, devices, newcomer);
        expect(displaced.map(({ sn }) => sn)).not.toContain(newcomer.sn);
      }),
    );
  });

  it("keeps 25 devices by default, and lets the one that signed in longest ago go for the next", () => {
    const ages = fc.shuffledSubarray(
      Array.from({ length: 25 }, (_, index) => index),
      { minLength: 25 },
    );
    fc.assert(
      fc.property(ages, platforms, (order, platform) => {
        const devices = order.map((signedInAt, index) => ({ sn: index + 1, platform, signedInAt }));
        const oldest = order.indexOf(0) + 1;
        const newcomer = { sn: undefined, platform };
        expect(place(defaultPolicy, devices, newcomer)).toEqual({ admitted: true, displaced: [oldest] });
        const oneLess = devices.filter(({ sn }) => sn !== oldest);
        expect(place(defaultPolicy, oneLess, newcomer)).toEqual({ admitted: true, displaced: [] });
      }),
    );
  });
});

describe("refuse_new", () => {
  it("refuses a newcomer exactly where there is no room, and displaces nobody", () => {
    fc.assert(
      fc.property(scenes(refuseNew), ([policy, devices, newcomer]) => {
        const others = devices.filter(({ sn }) => sn !== newcomer.sn);
        const isFull = excess(policy, others, newcomer) > 0;
        const expected = isFull ? { admitted: false } : { admitted: true, displaced: [] };
        expect(place(policy, devices, newcomer)).toEqual(expected);
      }),
      runs,
    );
  });
});

describe("a policy", () => {
  it("is taken as it is given", () => {
    fc.assert(
      fc.property(fc.record({ limits, overflow: fc.constantFrom("kick_oldest", "refuse_new") }), (policy) => {
        expect(SignInPolicy.parse(policy)).toEqual(policy);
      }),
    );
  });

  it("is refused where a limit is no count or the overflow is another", () => {
    const wrongLimit = fc.oneof(
      fc.integer({ max: 0 }),
      fc.double({ noInteger: true }),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
    );
    const names = fc.constantFrom("mobile", "desktop", "web", "total");
    fc.assert(
      fc.property(limits, names, wrongLimit, (good, name, wrong) => {
        const policy = { limits: { ...good, [name]: wrong }, overflow: "kick_oldest" };
        expect(SignInPolicy.safeParse(policy).success).toBe(false);
      }),
    );
    const others = fc.oneof(
      fc.string().filter((text) => text !== "kick_oldest" && text !== "refuse_new"),
      fc.constantFrom(null, 0, true, undefined),
    );
    fc.assert(
      fc.property(
        limits,
        others,
        (good, overflow) => !SignInPolicy.safeParse({ limits: good, overflow }).success,
      ),
    );
  });
});
