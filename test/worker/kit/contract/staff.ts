import { env } from "cloudflare:workers";
import { newName } from "../client.ts";
import { type Example, may, need, over64 } from "./example.ts";

/** Examples of how staff find users, see them, and look after webhook events. */
export const staffExamples: Readonly<Record<string, Example>> = {
  listDeadEvents: {
    valid: () => ({ limit: 10 }),
    takes: { cursor: may(over64), limit: may("0", "201", "all") },
  },
  listDeliveries: {
    valid: () => ({ limit: 10 }),
    takes: { cursor: may("nonsense"), limit: may("0", "201", "all") },
  },
  replayEvents: {
    async valid({ nobody, root, database }) {
      const hook = { webhook_url: "https://hooks.example/", webhook_secret: `whsec_${"A".repeat(32)}` };
      const { code } = await root.put("/admin/app", hook);
      if (code !== 200) throw new Error(`the app got no webhook: ${code}`);
      const id = `evt_${newName("dead")}`;
      await (database === 0 ? env.DB : env.USERS_1)
        .prepare(
          "insert into webhook_events (id, app_id, type, data, created_at, queued_at, dead_at) values (?, ?, 'user.registered', '{}', 1, 1, 1)",
        )
        .bind(id, nobody.headers["app_id"] ?? "")
        .run();
      return { ids: [id] };
    },
    takes: { ids: need([], "1", [7], ["e".repeat(65)], {}), since: may(-1, 1.5, "now") },
  },
  findUsers: {
    valid: () => ({ q: "some", limit: 10 }),
    takes: { q: need("", "q".repeat(257)), cursor: may("nonsense"), limit: may("0", "201", "all") },
  },
  findUsersBy: {
    valid: () => ({ q: "some", limit: 10 }),
    takes: { q: need("", "q".repeat(257), 7), cursor: may("nonsense", 7), limit: may(0, 201, "1") },
  },
  readPicture: {
    valid: () => ({ limit: 10 }),
    takes: { cursor: may("nonsense"), limit: may("0", "201", "all") },
  },
};
