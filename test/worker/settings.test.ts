import { describe, expect, it } from "vitest";
import { newApp } from "./kit/client.ts";
import { connect } from "./kit/socket.ts";
import { codesOf, done, newSettings, settingsOf } from "./kit/wire.ts";

const changed = {
  auth_mode: 2,
  auth_question: "who?",
  auth_answer: "me",
  auto_download: true,
  group_confirm: true,
  no_push: true,
  no_push_detail: true,
  no_push_start_hour: 22,
  no_push_end_hour: 7,
  no_sounds: true,
  push_nick_name: "Ann",
  push_token: "push-1",
  silence_start_time: 23,
  silence_end_time: 6,
  vibratory: true,
  time_zone: "America/St_Johns",
  push_schedule: [
    { days: [6, 7], from: "00:00", to: "00:00" },
    { days: [1], from: "22:15", to: "06:45" },
  ],
};

describe("settings", () => {
  it("are 17 fields and three beside them from the beginning, with the ids one number", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const settings = await settingsOf(session);
    expect(Object.keys(settings)).toHaveLength(20);
    expect(settings).toEqual({ ...newSettings, id: user.id, user_id: user.id });
  });

  it.each(["POST", "PUT"])("take every field at once at %s", async (method) => {
    const app = await newApp();
    const { user, session } = await app.session();
    expect(await session.call(method, "/user/settings", { json: changed })).toMatchObject({
      code: 200,
      data: true,
    });
    expect(await settingsOf(session)).toEqual({ ...newSettings, ...changed, id: user.id, user_id: user.id });
  });

  it.each(Object.entries(changed))(
    "take %s alone as %j, and back, and touch no other field",
    async (field, value) => {
      const app = await newApp();
      const { session } = await app.session();
      const before = await settingsOf(session);
      await done(session.post("/user/settings", { [field]: value }));
      expect(await settingsOf(session)).toEqual({ ...before, [field]: value });
      await done(session.post("/user/settings", { [field]: new Map(Object.entries(before)).get(field) }));
      expect(await settingsOf(session)).toEqual(before);
    },
  );

  it("leave a field as it is that is left out or null", async () => {
    const app = await newApp();
    const { session } = await app.session();
    await done(session.post("/user/settings", changed));
    const before = await settingsOf(session);
    const nulls = Object.fromEntries(Object.keys(before).map((name) => [name, null]));
    await done(session.post("/user/settings", nulls));
    await done(session.post("/user/settings", {}));
    await done(session.call("PUT", "/user/settings"));
    await done(session.post("/user/settings", { unheard_of: 7 }));
    expect(await settingsOf(session)).toEqual(before);
  });

  it("take id and user_id where they are the user's own, and change nothing by them", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    await done(session.post("/user/settings", { id: user.id, user_id: user.id, vibratory: true }));
    await done(session.post("/user/settings", { user_id: user.id }));
    await done(app.actingFor(user).post("/user/settings", { id: user.id }));
    expect(await settingsOf(session)).toEqual({
      ...newSettings,
      id: user.id,
      user_id: user.id,
      vibratory: true,
    });
  });

  it.each(["id", "user_id"])("refuse another's %s with 10002 and write nothing", async (name) => {
    const app = await newApp();
    const other = await app.session();
    const { user, session } = await app.session();
    for (const id of [other.user.id, user.id + 1, 0, -1, String(user.id), 1.5]) {
      const answer = await session.post("/user/settings", { [name]: id, vibratory: true });
      expect(answer).toMatchObject({ code: 10002, data: null });
      expect(answer.message).toContain(name);
    }
    for (const { session: each } of [{ session }, other]) {
      expect(await settingsOf(each)).toMatchObject(newSettings);
    }
  });

  it.each([
    ["auth_mode", [-1, 4, 1.5, "1", true]],
    ["auth_question", ["q".repeat(257), 7]],
    ["auth_answer", ["a".repeat(257), 7]],
    ["auto_download", [1, 0, "true", "false", "", []]],
    ["group_confirm", [1, "true"]],
    ["no_push", [1, "true"]],
    ["no_push_detail", [1, "true"]],
    ["no_push_start_hour", [-1, 24, 0.5, "1", true]],
    ["no_push_end_hour", [-1, 24, "1"]],
    ["no_sounds", [1, "true"]],
    ["push_nick_name", ["n".repeat(65), 7]],
    ["time_zone", ["Mars/Olympus", "+08:00", "UTC+8", 8]],
    [
      "push_schedule",
      [{}, [{ days: [], from: "00:00", to: "01:00" }], [{ days: [1], from: "24:00", to: "01:00" }]],
    ],
    ["push_token", ["p".repeat(513), "é".repeat(257), 7]],
    ["silence_start_time", [-1, 24, "1"]],
    ["silence_end_time", [-1, 24, "1"]],
    ["vibratory", [1, "true"]],
  ])("refuse a wrong %s with 10002 and write none of the other fields", async (field, wrong) => {
    const app = await newApp();
    const { session } = await app.session();
    const before = await settingsOf(session);
    for (const value of wrong) {
      const { [field]: _left, ...others }: Record<string, unknown> = changed;
      const answer = await session.post("/user/settings", { ...others, [field]: value });
      expect(answer).toMatchObject({ code: 10002, data: null });
      expect(answer.message).toContain(field);
    }
    expect(await settingsOf(session)).toEqual(before);
  });

  it("take texts as long as they may be and hours at both ends", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const widest = {
      auth_mode: 3,
      auth_question: "😀".repeat(256),
      auth_answer: "一".repeat(256),
      push_nick_name: "😀".repeat(64),
      push_token: "é".repeat(256),
      no_push_start_hour: 23,
      no_push_end_hour: 0,
      silence_start_time: 0,
      silence_end_time: 23,
    };
    await done(session.post("/user/settings", widest));
    expect(await settingsOf(session)).toMatchObject(widest);
  });

  it("are one user's own", async () => {
    const app = await newApp();
    const [{ session }, other] = [await app.session(), await app.session()];
    const before = await settingsOf(other.session);
    await done(session.post("/user/settings", { ...changed, push_token: "mine" }));
    expect(await settingsOf(other.session)).toEqual(before);
  });

  it("tell the user's other devices that they changed, and not the one that changed them", async () => {
    const app = await newApp();
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    const phoneSocket = await connect(phone);
    const laptopSocket = await connect(laptop);
    await phoneSocket.notice("device_login");
    await done(laptop.post("/user/settings", { vibratory: true }));
    expect(await phoneSocket.notice("info_updated")).toMatchObject({
      notice_type: 6,
      by: { user_id: user.id },
    });
    await laptopSocket.ping();
    expect(laptopSocket.unread).toEqual([]);
  });
});

const flags = [
  ["/user/download", "auto_download"],
  ["/user/sounds", "no_sounds"],
  ["/user/vibratory", "vibratory"],
  ["/user/push", "no_push"],
  ["/user/push/detail", "no_push_detail"],
] as const;

describe.each(flags)("%s", (path, field) => {
  it.each(["POST", "PUT"])(
    `sets ${field} and nothing else at %s, from the query or a JSON body`,
    async (method) => {
      const app = await newApp();
      const { session } = await app.session();
      const before = await settingsOf(session);
      for (const value of [true, false]) {
        await done(session.set(path, { value: String(value) }, method));
        expect(await settingsOf(session)).toEqual({ ...before, [field]: value });
        await done(session.call(method, path, { json: { value: !value } }));
        expect(await settingsOf(session)).toEqual({ ...before, [field]: !value });
      }
    },
  );

  it("takes exactly true and false, once", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const before = await settingsOf(session);
    const answers = [];
    for (const value of ["True", "TRUE", "1", "0", "yes", "on", "", " true", "null"]) {
      answers.push(await session.set(path, { value }));
    }
    for (const value of [1, 0, "true", "", null, []]) answers.push(await session.post(path, { value }));
    answers.push(
      await session.set(path, {}),
      await session.set(path, { value: ["true", "true"] }),
      await session.call("POST", path, { query: { value: "true" }, json: { value: false } }),
    );
    expect(new Set(codesOf(answers))).toEqual(new Set([10002]));
    expect(await settingsOf(session)).toEqual(before);
  });
});

describe("/user/authmode", () => {
  it.each(["POST", "PUT"])("sets auth_mode and nothing else at %s", async (method) => {
    const app = await newApp();
    const { session } = await app.session();
    const before = await settingsOf(session);
    for (const auth_mode of [3, 1, 2, 0]) {
      await done(session.set("/user/authmode", { value: String(auth_mode) }, method));
      expect(await settingsOf(session)).toEqual({ ...before, auth_mode });
    }
    await done(session.call(method, "/user/authmode", { json: { value: 2 } }));
    expect(await settingsOf(session)).toEqual({ ...before, auth_mode: 2 });
  });

  it("takes 0 to 3 and nothing else", async () => {
    const app = await newApp();
    const { session } = await app.session();
    const answers = [];
    for (const value of ["-1", "4", "1.5", "01", "1e0", "", "true", " 1"]) {
      answers.push(await session.set("/user/authmode", { value }));
    }
    for (const value of ["1", true, null, 4]) answers.push(await session.post("/user/authmode", { value }));
    answers.push(await session.set("/user/authmode", {}));
    expect(new Set(codesOf(answers))).toEqual(new Set([10002]));
    expect((await settingsOf(session)).auth_mode).toBe(0);
  });
});

describe("a query operation with a body", () => {
  it("is refused with 415 where the body is no JSON, and nothing is written", async () => {
    const app = await newApp();
    const { session } = await app.session();
    for (const type of [
      "application/x-www-form-urlencoded",
      "text/plain",
      "multipart/form-data; boundary=x",
    ]) {
      const sent = { query: { value: "true" }, body: "value=true", headers: { "content-type": type } };
      const answer = await session.call("POST", "/user/vibratory", sent);
      expect(answer.response.status).toBe(415);
      expect(answer).toMatchObject({ code: 415, data: null });
    }
    const unreadable = {
      query: { value: "true" },
      body: "{",
      headers: { "content-type": "application/json" },
    };
    const answer = await session.call("POST", "/user/vibratory", unreadable);
    expect(answer.response.status).toBe(400);
    expect((await settingsOf(session)).vibratory).toBe(false);
  });
});
