import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Session, dataOf, newApp } from "./kit/client.ts";

const KIB16 = 16 * 1024;

/** Operations that take a parameter under two names, and a valid value and another of it. */
const spellings = [
  { path: "/user/token/unbind", method: "POST", names: ["deviceSn", "device_sn"], values: ["1", "2"] },
  { path: "/user/token/unbind", method: "DELETE", names: ["deviceSn", "device_sn"], values: ["1", "2"] },
  { path: "/user/push/nickname", method: "POST", names: ["nick_name", "value"], values: ["Wren", "Robin"] },
  { path: "/user/push/nickname", method: "PUT", names: ["nick_name", "value"], values: ["Wren", "Robin"] },
] as const;

/** A value as the body of an operation has it: serials are numbers there. */
const inJson = (value: string) => (/^\d+$/.test(value) ? Number(value) : value);

async function deviceSession(): Promise<Session> {
  const app = await newApp();
  return (await app.session({ device_guid: "phone", platform: 1 })).session;
}

describe("a parameter with two names", () => {
  it.each(spellings)(
    "is taken under either: $method $path",
    async ({ path, method, names, values: [value] }) => {
      const session = await deviceSession();
      for (const name of names) {
        const asQuery = await session.call(method, path, { query: { [name]: value } });
        const asBody = await session.call(method, path, { json: { [name]: inJson(value) } });
        expect({ name, codes: [asQuery.code, asBody.code] }).toEqual({ name, codes: [200, 200] });
      }
    },
  );

  it.each(spellings)(
    "is refused with a different value under each: $method $path",
    async ({ path, method, names: [name, alias], values: [one, other] }) => {
      const session = await deviceSession();
      const answers = [
        await session.call(method, path, { query: { [name]: one, [alias]: other } }),
        await session.call(method, path, { json: { [name]: inJson(one), [alias]: inJson(other) } }),
        await session.call(method, path, { query: { [name]: one }, json: { [alias]: inJson(other) } }),
        await session.call(method, path, { query: { [alias]: one }, json: { [name]: inJson(other) } }),
      ];
      for (const answer of answers) {
        expect(answer).toMatchObject({ code: 10002, message: expect.stringContaining(name) });
      }
    },
  );

  it.each(spellings)(
    "is taken with the same value under both: $method $path",
    async ({ path, method, names: [name, alias], values: [value] }) => {
      const session = await deviceSession();
      const both = { [name]: value, [alias]: value };
      expect((await session.call(method, path, { query: both })).code).toBe(200);
      const asJson = { [name]: inJson(value), [alias]: inJson(value) };
      expect((await session.call(method, path, { json: asJson })).code).toBe(200);
    },
  );

  it("is required under one of them", async () => {
    const session = await deviceSession();
    expect(await session.post("/user/push/nickname")).toMatchObject({
      code: 10002,
      message: expect.stringContaining("nick_name"),
    });
    expect(await session.post("/user/token/unbind")).toMatchObject({
      code: 10002,
      message: expect.stringContaining("deviceSn"),
    });
  });
});

describe("a sign-in by name", () => {
  it("needs a name or a mobile number", async () => {
    const app = await newApp();
    const answer = await app.nobody.post("/token/user", { password: "secret word" });
    expect(answer).toMatchObject({ code: 10002, message: expect.stringContaining("name") });
  });
});

const Texts = z.object({ public_info: z.string(), private_info: z.string() });

const infos = [
  { path: "/user/public", field: "public_info" },
  { path: "/user/private", field: "private_info" },
] as const;

describe("a body of text", () => {
  it.each(infos)("is kept byte for byte, whatever its type: $path", async ({ path, field }) => {
    const { session } = await (await newApp()).session();
    const bodies: [text: string, type?: string][] = [
      ['{"a":1,  "a":2'],
      ["\uFEFFa mark before, a break after\r\n", "text/plain"],
      ["null", "application/json"],
      ["龥 😀 \u0000 \u2028", "application/octet-stream"],
      ["x".repeat(KIB16)],
      ["龥".repeat(5461), "x/y"],
      [""],
    ];
    for (const [text, type] of bodies) {
      const body = new TextEncoder().encode(text);
      const headers = type === undefined ? {} : { "content-type": type };
      const set = await session.call("POST", path, { body, headers });
      expect(set).toMatchObject({ code: 200, data: true });
      const kept = dataOf(await session.get("/user/profile"), Texts)[field];
      expect(kept).toBe(text);
    }
  });

  it.each(infos)(
    "is refused over 16 KiB and where it is no UTF-8, and nothing changes: $path",
    async (info) => {
      const { path, field } = info;
      const { session } = await (await newApp()).session();
      await session.call("PUT", path, { body: "as it was" });
      const bodies = [
        "x".repeat(KIB16 + 1),
        `${"龥".repeat(5461)}xx`,
        new Uint8Array([0xff]),
        new Uint8Array([0xed, 0xa0, 0x80]),
        new Uint8Array([0x61, 0xc3]),
      ];
      for (const body of bodies) {
        const answer = await session.call("POST", path, { body });
        expect(answer).toMatchObject({
          code: 10002,
          message: expect.stringMatching(/body|text/),
          data: null,
        });
      }
      expect(dataOf(await session.get("/user/profile"), Texts)[field]).toBe("as it was");
    },
  );

  it.each(infos)("may be none at all, which clears it: $path", async ({ path, field }) => {
    const { session } = await (await newApp()).session();
    await session.call("PUT", path, { body: "as it was" });
    expect((await session.call("PUT", path)).code).toBe(200);
    expect(dataOf(await session.get("/user/profile"), Texts)[field]).toBe("");
  });
});
