import { describe, expect, it } from "vitest";
import type { Operation } from "../../src/http/operation.ts";
import { operations } from "../../src/operations/index.ts";
import { type Answer, type Sent, call } from "./kit/client.ts";
import { exampleOf } from "./kit/contract/examples.ts";
import {
  type Params,
  bindings,
  callerOf,
  newStage,
  place,
  refusingStageOf,
  requireRequestId,
  send,
  stateOf,
} from "./kit/contract/stage.ts";

const LIMIT = 256 * 1024;

const methods = ["GET", "POST", "PUT", "DELETE", "PATCH"];
const paths = [...new Set(operations.map(({ path }) => path))];

/** What a fault is told by. */
function toldBy(answer: Answer) {
  requireRequestId(answer);
  const { status, headers } = answer.response;
  const isJson = headers.get("content-type")?.startsWith("application/json") === true;
  return { status, isJson, body: answer.body };
}

/** The one form of a fault. */
const fault = (status: number) => ({
  status,
  isJson: true,
  body: { code: status, message: expect.stringMatching(/./), data: null },
});

describe("a path", () => {
  it.each(paths)("answers 405 to other methods, and says which it has: %s", async (path) => {
    const declared = bindings.filter(({ operation }) => operation.path === path).map(({ method }) => method);
    const others = methods.filter((method) => !declared.some((each) => each === method));
    expect(others).not.toHaveLength(0);
    for (const method of others) {
      const answer = await call(method, path);
      expect(toldBy(answer)).toEqual(fault(405));
      const allowed = answer.response.headers.get("allow")?.split(/, */);
      expect({ method, allowed: allowed?.toSorted() }).toEqual({ method, allowed: declared.toSorted() });
    }
  });

  it.each(["/nowhere", "/user", "/user/settings/none", "/User/Settings", "/admin", "/token"])(
    "that is unknown is answered 404, whatever the method: %s",
    async (path) => {
      for (const method of methods) expect(toldBy(await call(method, path))).toEqual(fault(404));
    },
  );
});

/** Bodies that cannot be read as JSON. */
const unreadable: Record<string, BodyInit> = {
  "half an object": '{"value":',
  "bare words": "value=true",
  "two values": "{} {}",
  "a trailing comma": '{"value":true,}',
  blank: " ",
  "no UTF-8": new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
};

const withJson = operations.filter(
  ({ from, methods }) => from === "json" || (from === "query" && !methods.includes("GET")),
);
const withText = operations.filter(({ from }) => from === "text");

/** A call that must be this fault: its status, what is wrong with it, and what it sends. */
type Faulty = [status: number, what: string, sent: Sent];

/** What is heard of such calls, by each method in turn, and the stage after; and what must be. */
async function hear(operation: Operation, calls: (params: Params) => Iterable<Faulty>) {
  const { stage, valid: params, state } = await refusingStageOf(operation, exampleOf(operation));
  const told: unknown[] = [];
  const due: unknown[] = [];
  for (const [status, what, sent] of calls(params)) {
    for (const method of operation.methods) {
      const binding = { name: operation.id, operation, method };
      const answer = await send(callerOf(operation, stage), binding, sent);
      told.push({ what, method, ...toldBy(answer) });
      due.push({ what, method, ...fault(status) });
    }
  }
  if (due.length === 0) throw new Error("there is nothing to refuse");
  return { heard: { told, state: await stateOf(stage) }, expected: { told: due, state } };
}

/** What a call sends, with this body in place of its own; a query stays. */
function withBody(operation: Operation, params: Params, body: BodyInit, type?: string): Sent {
  const { query = {} } = operation.from === "query" ? place(operation, params) : {};
  return { query, body, headers: type === undefined ? {} : { "content-type": type } };
}

/** Valid parameters as JSON in exactly this many bytes. */
function padded(params: Params, size: number): Uint8Array {
  const empty = new TextEncoder().encode(JSON.stringify({ ...params, padding: "" }));
  return new TextEncoder().encode(
    JSON.stringify({ ...params, padding: "x".repeat(size - empty.byteLength) }),
  );
}

const otherTypes = [
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "x/json",
];

describe("a body of JSON", () => {
  it.each(withJson)(
    "is a fault, and nothing is done, where it is unreadable, too large or said to be something else: $path ($id)",
    async (operation) => {
      const { heard, expected } = await hear(operation, function* calls(params) {
        const put = (body: BodyInit, type = "application/json") => withBody(operation, params, body, type);
        for (const [what, body] of Object.entries(unreadable)) yield [400, what, put(body)];
        for (const type of otherTypes) yield [415, type, put(JSON.stringify(params), type)];
        yield [413, "too large", put(padded(params, LIMIT + 1))];
        yield [413, "too large for what is no JSON either", put(new Uint8Array(LIMIT + 1))];
      });
      expect(heard).toEqual(expected);
    },
  );

  it.each(withJson)("is refused where it is no object: $path ($id)", async (operation) => {
    const { stage, valid: params } = await refusingStageOf(operation, exampleOf(operation));
    const [method] = operation.methods;
    for (const body of ["[]", "7", '"text"', "null", "true", JSON.stringify([params])]) {
      const sent = withBody(operation, params, body, "application/json");
      const binding = { name: operation.id, operation, method };
      const answer = await send(callerOf(operation, stage), binding, sent);
      expect({ body, code: answer.code }).toEqual({ body, code: 10002 });
    }
  });

  it.each(withJson)("is taken at 256 KiB, and with no type at all: $path ($id)", async (operation) => {
    const stage = await newStage();
    const params = await exampleOf(operation).valid(stage);
    const [method] = operation.methods;
    const binding = { name: operation.id, operation, method };
    const answer = await send(callerOf(operation, stage), binding, { body: padded(params, LIMIT) });
    expect(answer).toMatchObject({ code: 200, message: "" });
  });

  it.each(["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"])(
    "is taken in whatever way its type is spelled: %s",
    async (type) => {
      const stage = await newStage();
      const sent = { body: '{"value":true}', headers: { "content-type": type } };
      for (const path of ["/user/push", "/user/settings"]) {
        expect(await stage.here.client.call("POST", path, sent)).toMatchObject({ code: 200, data: true });
      }
      const { data } = await stage.here.client.get("/user/settings");
      expect(data).toMatchObject({ no_push: true });
    },
  );
});

describe("a body of text", () => {
  it.each(withText)("is a fault over 256 KiB: $path", async (operation) => {
    const { heard, expected } = await hear(operation, function* calls() {
      yield [413, "too large", { body: "x".repeat(LIMIT + 1) }];
    });
    expect(heard).toEqual(expected);
  });
});

describe("a body that comes in pieces", () => {
  it("is answered 413 once it is over 256 KiB", async () => {
    const stage = await newStage();
    const pieces = Array.from({ length: 5 }, () => new Uint8Array(64 * 1024).fill(0x20));
    const body = new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    });
    const answer = await stage.here.client.call("POST", "/user/settings", { body });
    expect(toldBy(answer)).toEqual(fault(413));
  });
});
