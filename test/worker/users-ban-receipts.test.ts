import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Answer, Session, dataOf, newApp, newName } from "./kit/client.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { type Mishap, callBy, hubsWhere, losingFirst, unreached } from "./kit/faults.ts";
import { newHousehold } from "./kit/household.ts";
import { connect } from "./kit/socket.ts";
import { ChangedRow, Receipt, RegisteredRow, Token } from "./kit/wire.ts";

const Receipts = z.object({
  results: z.array(
    z.strictObject({
      ...ChangedRow.shape,
      devices: z.array(Receipt),
    }),
  ),
});

/** The rows of an answer about many users, with what became of each device. */
function receiptsOf(answer: Answer) {
  return Receipts.parse(answer.body).results;
}

/** The receipts of devices that were connected and have been told. */
const told = (sessions: Session[]) =>
  sessions.map(({ deviceSn: device_sn }) => ({ device_sn, was_online: true, notified: true }));

const good = { success: true, reason: "" };
const bad = { success: false, reason: expect.stringMatching(/./) };

describe("the receipts of a ban", () => {
  it("say of each user's devices whether they were connected and told", async () => {
    const app = await newApp();
    const { user, session: phone } = await app.session({ device_guid: "phone" });
    const laptop = await app.signIn(user, { device_guid: "laptop" });
    await app.signIn(user);
    const quiet = await app.user();
    await connect(phone);

    const list = [user.id, quiet.id, 9_000_000_000];
    const answer = await app.admin.put("/user/disable", { list });

    expect(answer.data).toBe(false);
    expect(receiptsOf(answer)).toEqual([
      {
        user_id: user.id,
        ...good,
        devices: [
          { device_sn: phone.deviceSn, was_online: true, notified: true },
          { device_sn: laptop.deviceSn, was_online: false, notified: false },
        ],
      },
      { user_id: quiet.id, ...good, devices: [] },
      { user_id: 9_000_000_000, ...bad, devices: [] },
    ]);
    expect(receiptsOf(await app.admin.put("/user/enable", { list: [user.id] }))).toEqual([
      { user_id: user.id, ...good, devices: [] },
    ]);
  });

  it("say the same of devices where a hub's first answer is lost, or a sign-in brings the ban before it", async () => {
    const home = await newHousehold();
    const devices = told([home.phone, home.laptop]);
    const loseOne = losingFirst({ retryable: true });
    const afterSignIn: Mishap = async (run) => {
      await home.app.nobody.post("/token/user", { name: home.user.name, password: home.user.password });
      return await loseOne(run);
    };
    const fetch = workerWith({ HUB: hubsWhere("take", afterSignIn) });
    const json = { list: [home.user.id] };
    const answer = await callBy(fetch, home.app.admin, "PUT", "/user/disable", { json });
    expect(receiptsOf(answer)).toMatchObject([{ ...good, devices }]);
  });

  it("are of what a call has brought about, an older ban that was not delivered among it, and of nothing else", async () => {
    const { app, user, phone, laptop } = await newHousehold();
    const devices = told([phone, laptop]);
    const json = { list: [user.id] };
    const disable = async (mishap: Mishap) => {
      const fetch = workerWith({ HUB: hubsWhere("take", mishap) });
      return receiptsOf(await callBy(fetch, app.admin, "PUT", "/user/disable", { json }));
    };
    expect(await disable(unreached)).toMatchObject([{ ...bad, devices: [] }]);
    expect(await disable(losingFirst({ retryable: true }))).toMatchObject([{ ...good, devices }]);
    expect(receiptsOf(await app.admin.put("/user/enable", json))).toMatchObject([{ ...good, devices: [] }]);
    expect(receiptsOf(await app.disable(user))).toMatchObject([{ ...good, devices: [] }]);
  });

  it("are there for each of a hundred users, whose devices have been told by then", async () => {
    const app = await newApp();
    const people = Array.from({ length: 100 }, () => ({ username: newName(), password: "secret word" }));
    const made = await app.admin.post("/user/register/batch", { list: people });
    const ids = dataOf(made, z.array(RegisteredRow)).map((row) => row.user_id);
    const chosen = [0, 49, 99];
    const sockets = await Promise.all(
      chosen.map(async (index) => {
        const { username: name, password } = people[index] ?? { username: "", password: "" };
        const token = await app.nobody.post("/token/user", { name, password, device_guid: "phone" });
        return await connect(new Session(app.id, dataOf(token, Token)));
      }),
    );

    const answer = await app.admin.put("/user/disable", { list: ids });

    expect(answer.data).toBe(true);
    const one = [{ device_sn: 1, was_online: true, notified: true }];
    expect(receiptsOf(answer)).toEqual(
      ids.map((user_id, index) => ({ user_id, ...good, devices: chosen.includes(index) ? one : [] })),
    );
    for (const socket of sockets) expect(await socket.closed()).toMatchObject({ code: 4002 });
  });
});
