import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Json, isJson, part } from "../../src/http/schemas.ts";
import { type Sent, request } from "./kit/client.ts";
import { document, undeclared, undeclaredEvent, undeclaredLine } from "./kit/contract/document.ts";
import { stageFor } from "./kit/contract/fixed.ts";
import { type Binding, bindings, callerOf } from "./kit/contract/stage.ts";

/** What the document says of a binding. */
function toldOf({ operation, method }: Binding): Json {
  return part(part(part(document, "paths"), operation.path), method.toLowerCase());
}

/** Each object of a value, with the way to it. */
function* objectsIn(value: unknown, way = ""): Generator<[way: string, Json]> {
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) yield* objectsIn(each, `${way}/${index}`);
  }
  if (!isJson(value)) return;
  yield [way, value];
  for (const [name, each] of Object.entries(value)) {
    if (name !== "examples" && name !== "example") yield* objectsIn(each, `${way}/${name}`);
  }
}

/** What a schema says of itself, or else the one that it names. */
function descriptionOf({ description, $ref }: Json): unknown {
  if (description !== undefined || typeof $ref !== "string") return description;
  return part(part(part(document, "components"), "schemas"), $ref.split("/").at(-1) ?? "")["description"];
}

describe("the document", () => {
  it("describes every property of every schema, and every parameter", () => {
    const properties = [...objectsIn(document)].flatMap(([way, json]) =>
      way.endsWith("/properties")
        ? []
        : Object.entries(part(json, "properties")).map(([name, each]) => [`${way}/${name}`, each] as const),
    );
    expect(properties.length).toBeGreaterThan(400);
    const bare = properties.filter(([, each]) => {
      const text = isJson(each) ? descriptionOf(each) : "";
      return typeof text !== "string" || text.length < 4;
    });
    expect(bare.map(([way]) => way)).toEqual([]);
    const parameters = [...objectsIn(document)].filter(
      ([, json]) => typeof json["in"] === "string" && json["schema"],
    );
    expect(parameters.filter(([, json]) => !json["description"])).toEqual([]);
  });

  it("has no bound that is none of the service's", () => {
    expect(JSON.stringify(document)).not.toContain(String(Number.MIN_SAFE_INTEGER));
  });

  it("declares each schema once: what has a name is nowhere written out again", () => {
    const named = Object.entries(part(part(document, "components"), "schemas"));
    const texts = new Map(
      named.map(([name, schema]) => [JSON.stringify(isJson(schema) ? schema["properties"] : schema), name]),
    );
    const again = [...objectsIn(document)].flatMap(([way, json]) => {
      const { properties } = json;
      const name = properties === undefined ? undefined : texts.get(JSON.stringify(properties));
      return name === undefined || way.startsWith("/components/schemas/") ? [] : [`${way} is ${name}`];
    });
    expect(again).toEqual([]);
  });

  it("names what it is about", () => {
    const { schemas } = part(document, "components");
    expect(Object.keys(isJson(schemas) ? schemas : {})).toEqual(
      expect.arrayContaining([
        "User",
        "Profile",
        "Settings",
        "Device",
        "Ban",
        "Token",
        "App",
        "AdminToken",
        "Refusal",
        "Actor",
      ]),
    );
  });

  it("marks each method but the first of an operation as the same as it", () => {
    const told = bindings.map((binding) => {
      const { operationId, "x-same-as": same } = toldOf(binding);
      return { operationId, same };
    });
    const due = bindings.map(({ operation: { id, methods }, method }) =>
      method === methods[0]
        ? { operationId: id, same: undefined }
        : { operationId: `${id}_${method.toLowerCase()}`, same: id },
    );
    expect(told).toEqual(due);
  });

  it("has an example of each answer that fits it, and of each event", () => {
    const wrong = bindings.flatMap(({ operation: { path, socket, streams }, method, name, operation }) => {
      if (socket) return [];
      const content = part(part(part(toldOf({ operation, method, name }), "responses"), "200"), "content");
      const { example } = part(content, streams ? "application/x-ndjson" : "application/json");
      if (example === undefined) return [`${name} has none`];
      return streams
        ? undeclaredLine(path, example)
        : undeclared({ method, path, status: 200, body: example });
    });
    expect(wrong.filter((each) => each !== "")).toEqual([]);
    const events = Object.entries(part(document, "webhooks")).map(([type, json]) => {
      const body = part(part(isJson(json) ? json : {}, "post"), "requestBody");
      return undeclaredEvent(type, part(part(body, "content"), "application/json")["example"]);
    });
    expect(events).toEqual(events.map(() => ""));
  });
});

const Parameters = z.array(
  z.looseObject({ name: z.string().optional(), in: z.string().optional(), example: z.unknown().optional() }),
);

/** The request that the document's example of a binding is. */
function exampleRequest(told: Json): Sent {
  const parameters = Parameters.parse(told["parameters"]);
  const query = Object.fromEntries(
    parameters.flatMap(({ name = "", in: place, example }) =>
      place === "query" && example !== undefined
        ? [[name, typeof example === "string" ? example : JSON.stringify(example)]]
        : [],
    ),
  );
  const body = told["requestBody"];
  if (!isJson(body)) return { query };
  const [type, content] = Object.entries(part(body, "content"))[0] ?? [];
  if (type === undefined || !isJson(content)) throw new Error("the body has no type");
  const { example } = content;
  if (example === undefined) throw new Error("the body has no example");
  return {
    query,
    headers: { "content-type": type },
    body: typeof example === "string" ? example : JSON.stringify(example),
  };
}

/** What of an answer to an example is none that it is to hear: a refusal, a row that failed, what is not declared. */
async function whatIsWrong({ operation, method }: Binding, response: Response): Promise<string[]> {
  const { path, socket, streams } = operation;
  if (socket) {
    response.webSocket?.accept();
    response.webSocket?.close();
    return [];
  }
  const text = await response.text();
  if (streams) {
    const lines = text.trimEnd().split("\n");
    return lines.map((line) => undeclaredLine(path, JSON.parse(line))).filter((wrong) => wrong !== "");
  }
  const body: unknown = JSON.parse(text);
  const wrong = undeclared({ method, path, status: 200, body });
  const failed = z
    .union([
      z.object({ code: z.int().refine((code) => code !== 200) }),
      z.object({ data: z.tuple([z.object({ success: z.literal(false) })]) }),
    ])
    .safeParse(body);
  return [...(wrong === "" ? [] : [wrong]), ...(failed.success ? [text] : [])];
}

describe("the example of a request", () => {
  it.each(bindings)("of $name is taken as it stands, and what is answered is declared", async (binding) => {
    const { operation, method } = binding;
    const { path, socket } = operation;
    const stage = await stageFor(operation);
    const sent = exampleRequest(toldOf(binding));
    const caller = callerOf(operation, stage);
    // A socket's example may name app and user in its query.
    const headers = { ...caller.headers, ...sent.headers, ...(socket && { Upgrade: "websocket" }) };
    const query = { ...sent.query };
    if (socket) for (const name of ["app_id", "user_id", "group_id"]) Reflect.deleteProperty(query, name);

    const response = await exports.default.fetch(request(method, path, { ...sent, query, headers }));

    expect(response.status).toBe(socket ? 101 : 200);
    expect(await whatIsWrong(binding, response)).toEqual([]);
  });
});
