import { describe, expect, it } from "vitest";
import { type Session, newApp } from "./kit/client.ts";
import { done, profileOf } from "./kit/wire.ts";

const infos = [
  ["/user/public", "public_info"],
  ["/user/private", "private_info"],
] as const;

const encoder = new TextEncoder();

function write(
  session: Session,
  path: string,
  body: BodyInit,
  headers: Record<string, string> = {},
  method = "POST",
) {
  return session.call(method, path, { body, headers });
}

/** A text of exactly 16 KiB in three-byte characters and one that fills up. */
const exactly16KiB = `${"一".repeat(5461)}!`;

describe.each(infos)("%s", (path, field) => {
  it.each([
    ["nothing", ""],
    ["plain text", "who I am"],
    ["JSON", '{"a": [1, 2,   3]}'],
    ["JSON that is none", '{"a": '],
    ["a JSON text", '"quoted"'],
    ["null", "null"],
    ["a byte order mark in front", "\uFEFFtext"],
    ["nothing but a byte order mark", "\uFEFF"],
    ["line ends of every kind, and spaces around", " \r\n\n\r\t text \n"],
    ["a zero character", "a\u0000b"],
    ["emoji and other planes", "😀𝄞"],
    ["unnormalized text", "e\u0301é"],
    ["what looks like a form", "a=1&b=%20+"],
    ["SQL", "'); drop table users; --"],
    ["16 KiB of ASCII", "a".repeat(16 * 1024)],
    ["16 KiB of Chinese", exactly16KiB],
  ])("keeps %s byte for byte", async (_what, text) => {
    const app = await newApp();
    const { session } = await app.session();
    await done(write(session, path, "before"));

    await done(write(session, path, encoder.encode(text)));

    const kept = (await profileOf(session))[field];
    expect(encoder.encode(kept)).toEqual(encoder.encode(text));
  });

  it("is cleared by a call without a body", async () => {
    const app = await newApp();
    const { session } = await app.session();
    await done(write(session, path, "before"));
    await done(session.call("PUT", path));
    expect((await profileOf(session))[field]).toBe("");
  });

  it.each([
    ["text/plain", "POST"],
    ["text/plain; charset=utf-8", "PUT"],
    ["application/json", "POST"],
    ["application/x-www-form-urlencoded", "POST"],
    ["multipart/form-data; boundary=x", "POST"],
    ["image/png", "PUT"],
    ["no type at all", "POST"],
  ])("takes the body as it is with the content type %s at %s", async (type, method) => {
    const app = await newApp();
    const { session } = await app.session();
    await done(write(session, path, '{"not": json', { "content-type": type }, method));
    expect((await profileOf(session))[field]).toBe('{"not": json');
  });

  it.each([
    ["a byte more than 16 KiB", encoder.encode("a".repeat(16 * 1024 + 1))],
    ["16 KiB of characters that are more bytes", encoder.encode("é".repeat(16 * 1024))],
    ["a byte more in Chinese", encoder.encode(`${exactly16KiB}!`)],
    ["a lone continuation byte", new Uint8Array([0x61, 0x80])],
    ["a sequence cut short", new Uint8Array([0xe4, 0xb8])],
    ["an overlong form", new Uint8Array([0xc0, 0xaf])],
    ["a surrogate", new Uint8Array([0xed, 0xa0, 0x80])],
    ["UTF-16", new Uint8Array([0xff, 0xfe, 0x61, 0x00])],
  ])("refuses %s with 10002 and stays as it was", async (_what, bytes) => {
    const app = await newApp();
    const { session } = await app.session();
    await done(write(session, path, "before"));
    expect(await write(session, path, bytes)).toMatchObject({ code: 10002, data: null });
    expect((await profileOf(session))[field]).toBe("before");
  });

  it("leaves the other info as it is", async () => {
    const app = await newApp();
    const { session } = await app.session();
    await done(session.post("/user/profile", { public_info: "old", private_info: "old" }));
    await done(write(session, path, "new"));
    expect(await profileOf(session)).toMatchObject({
      public_info: "old",
      private_info: "old",
      [field]: "new",
    });
  });
});
