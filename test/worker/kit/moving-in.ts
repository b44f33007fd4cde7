import { z } from "zod";
import * as wire from "../../wire.ts";
import { newHookedApp } from "./receiver.ts";
import { connect } from "./socket.ts";
import { exports } from "cloudflare:workers";
import {
  type Answer,
  type App,
  type Client,
  type Sent,
  type User,
  dataOf,
  newName,
  origin,
} from "./client.ts";

/** Calls the import with rows, each as JSON or, where it is a text, as it is. */
export async function importLines(
  admin: Client,
  rows: readonly unknown[],
  query: NonNullable<Sent["query"]> = {},
): Promise<Answer> {
  const body = rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))).join("\n");
  return await admin.call("POST", "/admin/import", {
    query,
    body,
    headers: { "content-type": "application/x-ndjson" },
  });
}

/** What became of each row. */
export async function imported(
  { admin }: Pick<App, "admin">,
  rows: readonly unknown[],
  query: NonNullable<Sent["query"]> = {},
): Promise<z.infer<typeof wire.ImportedRow>[]> {
  return dataOf(await importLines(admin, rows, query), z.array(wire.ImportedRow));
}

/** bcrypt of "secret word", made by Apache's htpasswd. */
export const hash = "$2y$04$oIBFqVj8qdbwHezF1DBDVOKptvW4TjSUXlJ34IZQyk7aqZAxEH1rm";
/** The password of imported users. */
export const password = "secret word";

/** All that a row can say. */
export function fullRow() {
  const external_id = newName("ext");
  return {
    external_id,
    user_id: 7,
    username: newName(),
    password_hash: hash,
    status: 0,
    created_at: 1_500_000_000_000,
    avatar: "https://pictures.test/a.png",
    nick_name: 'Wr\u0000en 龥"\\',
    description: "a bird",
    mobile: `+49${String(Math.random()).slice(2, 12).padEnd(10, "0")}`,
    email: `${external_id}@example.org`,
    public_info: "public",
    private_info: "private",
    settings: { no_push: true, auth_question: "why?", push_token: newName("push") },
    push: { alias: "al", tags: ["b", "a"], badge: 3 },
    devices: [
      { device_sn: 5, device_guid: "phone", platform: 1, device_name: "Phone" },
      { device_guid: "laptop", platform: 5, device_name: "Laptop" },
      { device_sn: 2, device_guid: "web", platform: 6, device_name: "" },
    ],
  };
}

/** What becomes of a row alone. */
export async function importOne(
  app: App,
  row: Record<string, unknown>,
  query = {},
): Promise<z.infer<typeof wire.ImportedRow>> {
  const [result] = await imported(app, [row], query);
  if (!result) throw new Error("no row");
  return result;
}

/** The user that a row has made. */
export const userOf = (row: { username: string }, { user_id: id }: { user_id: number }): User => ({
  id,
  name: row.username,
  password,
});

/** The devices of a list: serials, platforms and names. */
export const devicesOf = async (client: { get(path: string): ReturnType<App["admin"]["get"]> }) =>
  dataOf(await client.get("/user/device/list"), z.array(wire.Device)).map(
    ({ device_sn, platform, device_name }) => [device_sn, platform, device_name],
  );

/** What of `fullRow` is on the list. */
export const brought = [
  [2, 6, ""],
  [5, 1, "Phone"],
  [6, 5, "Laptop"],
];

/** A user who was imported, and is signed in on a connected device. */
export async function connected() {
  const { app, receiver } = await newHookedApp();
  const row = fullRow();
  const user = userOf(row, await importOne(app, row));
  const session = await app.signIn(user, { device_guid: "phone", platform: 1 });
  const device = await connect(session);
  await session.get("/user/profile");
  await session.get("/user/settings");
  await session.get("/user/push/tag");
  return { app, row, user, session, device, receiver };
}

const ExportedRow = z.looseObject({ user_id: z.int(), username: z.string() });
const LastLine = z.union([
  z.strictObject({ cursor: z.string() }),
  z.strictObject({ end: z.literal(true), count: z.int() }),
]);

/** A page of the export: its rows, and its last line. */
export async function exported({ admin }: App, query: Record<string, string> = {}) {
  const url = new URL("/admin/export", origin);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const response = await exports.default.fetch(new Request(url, { headers: admin.headers }));
  const lines = (await response.text()).split("\n");
  if (response.headers.get("content-type") !== "application/x-ndjson") throw new Error(lines[0]);
  if (lines.pop() !== "") throw new Error("the last line does not end");
  const last = LastLine.parse(JSON.parse(lines.pop() ?? ""));
  return { rows: lines.map((line) => ExportedRow.parse(JSON.parse(line))), last };
}
