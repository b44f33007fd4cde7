import { describe, expect, it } from "vitest";
import { type App, type User, newApp } from "./kit/client.ts";
import { codeOf } from "./kit/devices.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { callBy, hubNameOf, hubsWhere } from "./kit/faults.ts";
import { eventsOf } from "./kit/heard.ts";
import { bySn, newHousehold } from "./kit/household.ts";
import { connect } from "./kit/socket.ts";
import { Token, codesOf, done } from "./kit/wire.ts";

const new_password = "a newer word";

async function signInCode(app: App, user: User, password: string): Promise<number> {
  return (await app.nobody.post("/token/user", { name: user.name, password })).code;
}

describe("change_password", () => {
  it("ends every other session of the user, keeps the caller's, and the new password is the one", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const others = [await app.signIn(user), await app.signIn(user, { device_guid: "laptop" })];
    const bystander = await app.session();

    const answer = await session.post("/user/change_password", { old_password: user.password, new_password });

    expect(answer).toMatchObject({ code: 200, data: true });
    for (const other of others) expect((await other.get("/user/profile")).code).toBe(10008);
    expect((await session.get("/user/profile")).code).toBe(200);
    expect((await session.get("/user/device/list")).code).toBe(200);
    expect((await bystander.session.get("/user/profile")).code).toBe(200);
    expect(await signInCode(app, user, user.password)).toBe(11001);
    expect(await signInCode(app, user, new_password)).toBe(200);
  });

  it("tells the other devices and closes their sockets, and lets the caller's stay open", async () => {
    const app = await newApp();
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    const laptopSocket = await connect(laptop);
    const phoneSocket = await connect(phone);
    await laptopSocket.notice("device_login");

    await phone.post("/user/change_password", { old_password: user.password, new_password });

    expect(await laptopSocket.notice("password_changed")).toMatchObject({
      notice_type: 1,
      retry: false,
      by: { user_id: user.id, device_sn: phone.deviceSn },
    });
    expect(await laptopSocket.closed()).toMatchObject({ code: 4001 });
    expect(await eventsOf(phoneSocket)).toEqual([]);
  });

  it("refuses a wrong old password with 11001 and changes nothing", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const other = await app.signIn(user);
    const wrong = { old_password: "not the word", new_password };
    const answer = await session.post("/user/change_password", wrong);
    expect(answer).toMatchObject({ code: 11001, data: null });
    expect((await other.get("/user/profile")).code).toBe(200);
    expect(await signInCode(app, user, user.password)).toBe(200);
    expect(await signInCode(app, user, new_password)).toBe(11001);
  });

  it.each([
    ["new_password", { new_password: "12345" }],
    ["new_password", { new_password: "p".repeat(129) }],
    ["new_password", { new_password: null }],
    ["new_password", { new_password: undefined }],
    ["old_password", { old_password: undefined }],
    ["old_password", { old_password: null }],
  ])("refuses a wrong or missing %s with 10002 and changes nothing", async (name, wrong) => {
    const app = await newApp();
    const { user, session } = await app.session();
    const other = await app.signIn(user);
    const answer = await session.post("/user/change_password", {
      old_password: user.password,
      new_password,
      ...wrong,
    });
    expect(answer.code).toBe(10002);
    expect(answer.message).toContain(name);
    expect((await other.get("/user/profile")).code).toBe(200);
    expect(await signInCode(app, user, user.password)).toBe(200);
  });

  it("lets one of two changes made at once from the same old password hold", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const words = ["the first word", "the second word"];
    const answers = await Promise.all(
      words.map((new_password) =>
        session.post("/user/change_password", { old_password: user.password, new_password }),
      ),
    );
    expect(codesOf(answers)).toEqual([200, 11001]);
    const winner = words[answers.findIndex((answer) => answer.code === 200)] ?? "";
    const loser = words[answers.findIndex((answer) => answer.code === 11001)] ?? "";
    expect(await signInCode(app, user, winner)).toBe(200);
    expect(await signInCode(app, user, loser)).toBe(11001);
  });

  it("leaves no session alive that signs in with the old password meanwhile", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const credentials = { name: user.name, password: user.password };
    const [changed, ...tries] = await Promise.all([
      session.post("/user/change_password", { old_password: user.password, new_password }),
      ...Array.from({ length: 4 }, () => app.nobody.post("/token/user", credentials)),
    ]);
    expect(changed.code).toBe(200);
    for (const { code, data } of tries) {
      expect([200, 11001]).toContain(code);
      const token = Token.safeParse(data).data?.token ?? "none";
      const late = app.nobody.with({ "access-token": token });
      expect((await late.get("/user/profile")).code).toBe(10008);
    }
  });

  it("needs the old password of an admin as well, and then ends every session of the user", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const acting = app.actingFor(user);
    const wrong = await acting.post("/user/change_password", { old_password: "not the word", new_password });
    expect(wrong.code).toBe(11001);
    expect((await session.get("/user/profile")).code).toBe(200);
    const right = await acting.post("/user/change_password", { old_password: user.password, new_password });
    expect(right.code).toBe(200);
    expect((await session.get("/user/profile")).code).toBe(10008);
  });
});

describe("change_password_admin", () => {
  it("sets the password without the old one, and every session of the user ends", async () => {
    const app = await newApp();
    const { user, session } = await app.session({ device_guid: "phone" });
    const bare = await app.signIn(user);
    const socket = await connect(session);

    const answer = await app.actingFor(user).post("/user/change_password_admin", { password: new_password });

    expect(answer).toMatchObject({ code: 200, data: true });
    for (const dead of [session, bare]) expect((await dead.get("/user/profile")).code).toBe(10008);
    expect(await socket.notice("password_changed")).toMatchObject({ notice_type: 1, by: { admin: "test" } });
    expect(await socket.closed()).toMatchObject({ code: 4001 });
    expect(await signInCode(app, user, user.password)).toBe(11001);
    expect(await signInCode(app, user, new_password)).toBe(200);
  });

  it("is refused to a user's own token, and changes nothing", async () => {
    const app = await newApp();
    const { user, session } = await app.session();
    const answer = await session.post("/user/change_password_admin", { password: new_password });
    expect(answer.code).toBe(10010);
    const repeating = session.with({ user_id: String(user.id) });
    expect((await repeating.post("/user/change_password_admin", { password: new_password })).code).toBe(
      10010,
    );
    expect(await signInCode(app, user, user.password)).toBe(200);
  });

  it("names the header that is missing where no user is named, and knows an unknown user", async () => {
    const app = await newApp();
    const nameless = await app.admin.post("/user/change_password_admin", { password: new_password });
    expect(nameless.code).toBe(10002);
    expect(nameless.message).toContain("user_id");
    const ghost = app.admin.with({ user_id: "999999999" });
    expect((await ghost.post("/user/change_password_admin", { password: new_password })).code).toBe(10000);
  });

  it("does not reach the users of another app", async () => {
    const [app, other] = await Promise.all([newApp(), newApp()]);
    const { user, session } = await app.session();
    const answer = await other
      .actingFor(user)
      .post("/user/change_password_admin", { password: new_password });
    expect(answer.code).toBe(10000);
    expect((await session.get("/user/profile")).code).toBe(200);
    expect(await signInCode(app, user, user.password)).toBe(200);
  });

  it.each([["12345"], ["p".repeat(129)], [null], [undefined], [1234567]])(
    "refuses the password %j and ends nothing",
    async (password) => {
      const app = await newApp();
      const { user, session } = await app.session();
      const answer = await app.actingFor(user).post("/user/change_password_admin", { password });
      expect(answer.code).toBe(10002);
      expect(answer.message).toContain("password");
      expect((await session.get("/user/profile")).code).toBe(200);
    },
  );

  it("works for a disabled user, who stays disabled", async () => {
    const app = await newApp();
    const user = await app.user();
    await app.disable(user);
    const answer = await app.actingFor(user).post("/user/change_password_admin", { password: new_password });
    expect(answer.code).toBe(200);
    expect(await signInCode(app, user, new_password)).toBe(10029);
    expect(await signInCode(app, user, user.password)).toBe(11001);
    await app.admin.put("/user/enable", { list: [user.id] });
    expect(await signInCode(app, user, new_password)).toBe(200);
  });
});

describe("a session that is ended while its password is compared", () => {
  it.each([
    ["/user/change_password", (old_password: string) => ({ old_password, new_password })],
    ["/user/delete", (password: string) => ({ password })],
  ])("changes nothing by %s, and hears that it is over", async (path, given) => {
    const { app, user, phone, laptop } = await newHousehold();
    const kickFirst = async (run: () => Promise<unknown>) => {
      await done(laptop.set("/user/kick", bySn(phone)));
      return await run();
    };
    const fetch = workerWith({ HUB: hubsWhere("passed", kickFirst) });

    const answer = await callBy(fetch, phone, "POST", path, { json: given(user.password) });

    expect(answer).toMatchObject({ code: 10008, data: null });
    expect(await codeOf(laptop)).toBe(200);
    expect(await signInCode(app, user, new_password)).toBe(11001);
    expect(await signInCode(app, user, user.password)).toBe(200);
  });
});

describe("a sign-in whose password is changed before its hub is asked", () => {
  it.each([
    ["is refused with 11001 where it is another now", new_password, 11001],
    ["is tried again where it is the same, and its session lives", "secret word", 200],
  ])("%s", async (_what, password, code) => {
    const app = await newApp();
    const user = await app.user("secret word");
    let signIns = 0;
    const changeFirst = async (run: () => Promise<unknown>) => {
      if (++signIns === 1) await done(app.actingFor(user).post("/user/change_password_admin", { password }));
      return await run();
    };
    const fetch = workerWith({ HUB: hubsWhere("signIn", changeFirst, hubNameOf(app, user)) });

    const json = { name: user.name, password: user.password };
    const answer = await callBy(fetch, app.nobody, "POST", "/token/user", { json });

    expect(answer.code).toBe(code);
    const token = Token.safeParse(answer.data).data?.token ?? "none";
    expect(await codeOf(app.nobody.with({ "access-token": token }))).toBe(code === 200 ? 200 : 10008);
    expect(await signInCode(app, user, password)).toBe(200);
  });
});
