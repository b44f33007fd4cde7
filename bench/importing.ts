import { z } from "zod";
import { serve } from "./server.ts";

/** Rows of a call, and calls; so many calls are under way at once. */
const ROWS = 500;
const CALLS = 40;
const AT_ONCE = [1, 2, 4];

const Made = z.object({ data: z.object({ token: z.string() }) });
const Results = z.object({ data: z.array(z.object({ result: z.string() })) });

let made = 0;

/** A user with settings, a mobile number, tags and a device. */
function row(): string {
  made++;
  return JSON.stringify({
    external_id: `source-${made}`,
    username: `user_${made}`,
    password_hash: "$2b$10$ZfBpjhdd8uSSykoGW59scO66sUAEkYk30ODkMoC/4Wz5Mv5d7SQdK",
    nick_name: `User ${made}`,
    mobile: `+49${1_000_000_000 + made}`,
    settings: { no_push: true, auth_mode: 1 },
    push: { tags: ["one", "two"], badge: 1 },
    devices: [{ device_guid: `phone-${made}`, platform: 1, device_name: "Phone" }],
  });
}

const server = await serve();
const app = { app_id: "bench", "content-type": "application/json", "root-key": server.rootKey };
const post = async (path: string, headers: Record<string, string>, body: string) => {
  const response = await fetch(server.origin + path, { method: "POST", headers, body });
  return await response.json();
};
await post("/admin/apps", app, JSON.stringify({ app_id: "bench" }));
const { data } = Made.parse(await post("/admin/tokens", app, JSON.stringify({ name: "bench" })));
const headers = { app_id: "bench", "access-token": data.token, "content-type": "application/x-ndjson" };

for (const atOnce of AT_ONCE) {
  let left = CALLS;
  const start = performance.now();
  const worker = async () => {
    while (left-- > 0) {
      const body = Array.from({ length: ROWS }, row).join("\n");
      const { data: results } = Results.parse(await post("/admin/import", headers, body));
      const failed = results.filter(({ result }) => result !== "created");
      if (failed.length > 0) throw new Error(`${failed.length} rows were not created`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const seconds = (performance.now() - start) / 1000;
  console.log(`${atOnce} at once: ${Math.round((CALLS * ROWS) / seconds)} rows a second`);
}
await server.stop();
