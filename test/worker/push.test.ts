import { describe, expect, it } from "vitest";
import { type App, type Client, newApp } from "./kit/client.ts";
import { aliasOf, codesOf, done, settingsOf } from "./kit/wire.ts";

/** A user's session, to whom the push token in question is nothing yet. */
async function someone(app: App): Promise<Client> {
  return (await app.session()).session;
}

/** Every way to write the push token of the settings. */
const writers = [
  ["/user/settings", (client: Client, push_token: string) => client.post("/user/settings", { push_token })],
  [
    "/user/push/alias",
    (client: Client, push_token: string) => client.post("/user/push/alias", { alias: "", push_token }),
  ],
] as const;

describe.each(writers)("the push token that %s writes", (_path, write) => {
  it("is read back with the settings and with the alias", async () => {
    const app = await newApp();
    const session = await someone(app);
    await done(write(session, "push-1"));
    expect((await settingsOf(session)).push_token).toBe("push-1");
    expect((await aliasOf(session)).push_token).toBe("push-1");
    await done(write(session, "push-2"));
    expect((await settingsOf(session)).push_token).toBe("push-2");
    await done(write(session, ""));
    expect((await settingsOf(session)).push_token).toBe("");
  });

  it("belongs to one user of the app at a time, and other apps are another matter", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const [first, second, abroad] = [await someone(app), await someone(app), await someone(other)];
    for (const session of [first, abroad]) await done(write(session, "push-1"));
    await done(write(second, "push-1"));
    const tokens = [];
    for (const session of [first, second, abroad]) tokens.push((await settingsOf(session)).push_token);
    expect(tokens).toEqual(["", "push-1", "push-1"]);
  });

  it("stays with its holder who writes it again, and nobody shares the absence of one", async () => {
    const app = await newApp();
    const [first, second] = [await someone(app), await someone(app)];
    await done(write(first, "push-1"));
    await done(write(first, "push-1"));
    await done(write(second, ""));
    expect((await settingsOf(first)).push_token).toBe("push-1");
  });

  it("is one user's in the end where many write it at once", async () => {
    const app = await newApp();
    const sessions = await Promise.all(Array.from({ length: 5 }, () => someone(app)));
    const answers = await Promise.all(sessions.map((session) => write(session, "push-1")));
    expect(new Set(codesOf(answers))).toEqual(new Set([200]));
    const tokens = await Promise.all(sessions.map(async (session) => (await settingsOf(session)).push_token));
    expect(tokens.toSorted()).toEqual(["", "", "", "", "push-1"]);
  });
});

describe("alias", () => {
  it("is empty at first, is read back, and leaves the push token as it is where none is given", async () => {
    const app = await newApp();
    const session = await someone(app);
    expect(await aliasOf(session)).toEqual({ alias: "", push_token: "" });
    await done(session.post("/user/push/alias", { alias: "annie", push_token: "push-1" }));
    await done(session.post("/user/push/alias", { alias: "ann" }));
    await done(session.post("/user/push/alias", { alias: "anna", push_token: null }));
    expect(await aliasOf(session)).toEqual({ alias: "anna", push_token: "push-1" });
    await done(session.post("/user/push/alias", { alias: "" }));
    expect(await aliasOf(session)).toEqual({ alias: "", push_token: "push-1" });
  });

  it("is up to 64 bytes, and may be the same for many users", async () => {
    const app = await newApp();
    const [first, second] = [await someone(app), await someone(app)];
    for (const session of [first, second]) {
      await done(session.post("/user/push/alias", { alias: "é".repeat(32) }));
      expect((await aliasOf(session)).alias).toBe("é".repeat(32));
    }
  });

  it("is refused where it is missing, null, no text or too long, and the push token with it", async () => {
    const app = await newApp();
    const session = await someone(app);
    await done(session.post("/user/push/alias", { alias: "annie", push_token: "push-1" }));
    const answers = [];
    for (const alias of [undefined, null, 7, "a".repeat(65), "é".repeat(33)]) {
      answers.push(await session.post("/user/push/alias", { alias, push_token: "push-2" }));
    }
    for (const push_token of ["p".repeat(513), "é".repeat(257), 7]) {
      answers.push(await session.post("/user/push/alias", { alias: "ann", push_token }));
    }
    expect(new Set(codesOf(answers))).toEqual(new Set([10002]));
    expect(await aliasOf(session)).toEqual({ alias: "annie", push_token: "push-1" });
  });
});

describe("badge", () => {
  it("is 0 at first and becomes any integer from 0", async () => {
    const app = await newApp();
    const session = await someone(app);
    const read = async () => (await session.get("/user/push/badge")).data;
    expect(await read()).toBe(0);
    for (const badge of [1, 99_999, 0, 2_147_483_648]) {
      await done(session.post("/user/push/badge", { badge }));
      expect(await read()).toBe(badge);
    }
  });

  it.each([[-1], [1.5], ["1"], [true], [null], [undefined], [2 ** 53]])(
    "is refused as %j and stays as it was",
    async (badge) => {
      const app = await newApp();
      const session = await someone(app);
      await done(session.post("/user/push/badge", { badge: 4 }));
      const answer = await session.post("/user/push/badge", { badge });
      expect(answer).toMatchObject({ code: 10002, data: null });
      expect(answer.message).toContain("badge");
      expect((await session.get("/user/push/badge")).data).toBe(4);
    },
  );
});

function setHours(session: Client, start: string, end: string, method = "POST") {
  const query = { no_push_start_hour: start, no_push_end_hour: end };
  return session.call(method, "/user/push/limit", { query });
}

describe("the hours without push", () => {
  it.each([
    ["9", "17", "POST"],
    ["22", "7", "PUT"],
    ["0", "23", "POST"],
    ["23", "0", "PUT"],
    ["5", "5", "POST"],
  ])("are from %s to %s at %s", async (start, end, method) => {
    const app = await newApp();
    const session = await someone(app);
    const before = await settingsOf(session);
    await done(setHours(session, start, end, method));
    const hours = { no_push_start_hour: Number(start), no_push_end_hour: Number(end) };
    expect(await settingsOf(session)).toEqual({ ...before, ...hours });
  });

  it("may stand in a JSON body, or one here and one there", async () => {
    const app = await newApp();
    const session = await someone(app);
    await done(session.post("/user/push/limit", { no_push_start_hour: 1, no_push_end_hour: 2 }));
    expect(await settingsOf(session)).toMatchObject({ no_push_start_hour: 1, no_push_end_hour: 2 });
    const apart = { query: { no_push_start_hour: "3" }, json: { no_push_end_hour: 4 } };
    await done(session.call("PUT", "/user/push/limit", apart));
    expect(await settingsOf(session)).toMatchObject({ no_push_start_hour: 3, no_push_end_hour: 4 });
  });

  it("are both needed and both hours of the day", async () => {
    const app = await newApp();
    const session = await someone(app);
    await done(setHours(session, "22", "7"));
    const answers = [
      await session.set("/user/push/limit", { no_push_start_hour: "1" }),
      await session.set("/user/push/limit", { no_push_end_hour: "1" }),
      await session.set("/user/push/limit", {}),
      await setHours(session, "24", "1"),
      await setHours(session, "1", "24"),
      await setHours(session, "-1", "1"),
      await setHours(session, "1.5", "1"),
      await setHours(session, "", ""),
      await session.post("/user/push/limit", { no_push_start_hour: 1, no_push_end_hour: null }),
    ];
    expect(new Set(codesOf(answers))).toEqual(new Set([10002]));
    expect(await settingsOf(session)).toMatchObject({ no_push_start_hour: 22, no_push_end_hour: 7 });
  });
});

describe("the name that pushes show", () => {
  it.each(["nick_name", "value"])("is taken as %s, at POST and PUT, from query and body", async (name) => {
    const app = await newApp();
    const session = await someone(app);
    const before = await settingsOf(session);
    const expectName = async (push_nick_name: string) =>
      expect(await settingsOf(session)).toEqual({ ...before, push_nick_name });
    await done(session.set("/user/push/nickname", { [name]: "one" }));
    await expectName("one");
    await done(session.set("/user/push/nickname", { [name]: "😀".repeat(64) }, "PUT"));
    await expectName("😀".repeat(64));
    await done(session.post("/user/push/nickname", { [name]: "three" }));
    await expectName("three");
    await done(session.set("/user/push/nickname", { [name]: "" }));
    await expectName("");
  });

  it("is one name: under both spellings with different values it is refused, with the same it is taken", async () => {
    const app = await newApp();
    const session = await someone(app);
    const refused = [
      await session.set("/user/push/nickname", { nick_name: "one", value: "two" }),
      await session.post("/user/push/nickname", { nick_name: "one", value: "two" }),
      await session.call("POST", "/user/push/nickname", {
        query: { value: "one" },
        json: { nick_name: "two" },
      }),
      await session.set("/user/push/nickname", { value: ["one", "one"] }),
      await session.set("/user/push/nickname", { value: "n".repeat(65) }),
      await session.set("/user/push/nickname", {}),
    ];
    expect(new Set(codesOf(refused))).toEqual(new Set([10002]));
    expect((await settingsOf(session)).push_nick_name).toBe("");
    await done(session.set("/user/push/nickname", { nick_name: "one", value: "one" }));
    expect((await settingsOf(session)).push_nick_name).toBe("one");
  });
});
