import { describe, expect, it } from "vitest";
import { Connected } from "../wire.ts";
import { type App, dataOf, newApp } from "./kit/client.ts";
import { hubsWhere, unreached, callBy, hubNameOf } from "./kit/faults.ts";
import { workerWith } from "./kit/elsewhere.ts";
import { connect } from "./kit/socket.ts";

const connectedOf = async (app: App) => dataOf(await app.admin.get("/admin/connected"), Connected);

describe("how many users are connected", () => {
  it("is asked of all hubs where users are few, and leaves out one that cannot be reached", async () => {
    const app = await newApp();
    expect(await connectedOf(app)).toEqual({ asked: 0, connected: 0 });
    const [one, two] = [await app.session({ device_guid: "phone" }), await app.session()];
    await app.user();
    await connect(one.session);
    const socket = await connect(two.session);
    await connect(await app.signIn(two.user, { device_guid: "laptop" }));
    expect(await connectedOf(app)).toEqual({ asked: 3, connected: 2 });
    socket.close();
    const deaf = workerWith({ HUB: hubsWhere("isConnected", unreached, hubNameOf(app, one.user)) });
    const answer = await callBy(deaf, app.admin, "GET", "/admin/connected");
    expect(dataOf(answer, Connected)).toEqual({ asked: 2, connected: 1 });
  });

  it("is asked of two dozen of them at most, each once", async () => {
    const app = await newApp();
    for (let user = 0; user < 30; user++) await app.user();
    const { asked, connected } = await connectedOf(app);
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThanOrEqual(24);
    expect(connected).toBe(0);
  });
});
