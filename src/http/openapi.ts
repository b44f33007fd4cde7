import { z } from "zod";
import { type WebhookType, webhookBody, webhookData, webhookTypes } from "../domain/events.ts";
import { rowOf } from "../domain/fields.ts";
import { type Level, type Method, type Operation, onlyLooks } from "./operation.ts";
import { Responses, answerHeaders, refusalSchemas } from "./responses.ts";
import { type Json, Schemas, isJson, part } from "./schemas.ts";

/** What is at the top of the document for whoever reads it. */
const introduction = `\
Every answer is an envelope. Of a success \`code\` is 200 and \`data\` is what was asked for; a refusal has another \`code\`, a
\`message\` that says what to do, \`data\` null and a \`reason\`, the name of the refusal, as some codes stand for several.

A refusal is HTTP 200 where the service runs with \`ERROR_STATUS = "200"\`, which is the default, and has the status under which
it is listed where it runs with \`ERROR_STATUS = "http"\`; its body is the same. A fault is no answer of the business: it has
its HTTP status in both, and that number as its \`code\`. A path that is unknown is answered 404.

What stands in the query of a call that is no GET may also stand in a JSON body under the same name. All times are in ms since
1970. Integers are at most 9007199254740991, so that a double holds them.`;

/** What each tag is of. */
const tags: Record<string, string> = {
  account: "A user's account: its making, its name, its password, its end.",
  tokens: "Signing in and out.",
  profile: "What others see of a user.",
  settings: "A user's settings.",
  push: "Push tokens, tags and badges; whom a push may go to.",
  devices: "A user's devices and their socket.",
  users: "An app's users, for its admins.",
  administration: "Apps, admin tokens and groups.",
  moving: "Users that come from another system, or go to one.",
  records: "What was done, and why something is refused.",
  sdk: "What the official SDK asks beside all that.",
  webhooks: "What an app's webhook is sent.",
};

const headers: Record<string, Json> = {
  app_id: {
    name: "app_id",
    in: "header",
    required: true,
    schema: { type: "string", pattern: "^[A-Za-z0-9_-]{1,64}$" },
    description: "The app, a tenant: 1–64 of A–Z a–z 0–9 _ -",
    example: "birds",
  },
  user_id: {
    name: "user_id",
    in: "header",
    schema: { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
    description: "With an admin token: on whose behalf. With a user's own it may only be that user.",
    example: 1000,
  },
  group_id: {
    name: "group_id",
    in: "header",
    schema: { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
    description: "With an admin token: as the owner of this group.",
    example: 7,
  },
  idempotency_key: {
    name: "Idempotency-Key",
    in: "header",
    schema: { type: "string", minLength: 1, maxLength: 128, pattern: "^[ -~]*$" },
    description:
      "1–128 printable ASCII characters, new for each request: the same again within 24 h hears the first answer, and has no second effect.",
    example: "0f8fad5b-d9cb-469f-a165-70867728950e",
  },
  webhook_id: {
    name: "webhook-id",
    in: "header",
    required: true,
    schema: { type: "string" },
    description: "The event's id: the same however often it comes.",
    example: "evt_0f8fad5bd9cb469fa16570867728950e",
  },
  webhook_timestamp: {
    name: "webhook-timestamp",
    in: "header",
    required: true,
    schema: { type: "string", pattern: "^[0-9]+$" },
    description: "When this try was sent, in seconds since 1970.",
    example: "1795608000",
  },
  webhook_signature: {
    name: "webhook-signature",
    in: "header",
    required: true,
    schema: { type: "string", pattern: "^v1,[A-Za-z0-9+/=]+$" },
    description:
      "`v1,` and the base64 of the HMAC-SHA256 of `webhook-id.webhook-timestamp.body` under the key behind `whsec_`.",
    example: "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
  },
};

/** The headers of what is sent to a webhook. */
const signed = ["webhook_id", "webhook_timestamp", "webhook_signature"];

const delivery = `\
A POST to the app's \`webhook_url\`, signed as Standard Webhooks 1.0 says: what is not signed is not the service's. An answer other
than 2xx, a redirect or none within 10 s has it sent again, six times within two hours. An event may come twice, and out of order.`;

const security: Record<Level, Json[]> = {
  public: [],
  user: [{ token: [] }],
  session: [{ token: [] }],
  admin: [{ token: [] }],
  "admin for user": [{ token: [] }],
  root: [{ rootKey: [] }],
  "root or admin": [{ rootKey: [] }, { token: [] }],
};

const callers: Record<Level, string> = {
  public: "anyone",
  user: "a user with its token, or an admin token on a user's behalf",
  session: "a user with its own token",
  admin: "an admin token",
  "admin for user": "an admin token on a user's behalf: user_id or group_id says whose",
  root: "the holder of the root key",
  "root or admin": "the holder of the root key, or an admin token",
};

const content = (type: string, schema: Json, example: unknown, required = true): Json => ({
  requestBody: { required, content: { [type]: { schema, example } } },
});

/** Makes the document, operation by operation. */
class Maker {
  readonly schemas = new Schemas();
  readonly responses = new Responses(this.schemas);

  parametersOf(operation: Operation): Json[] {
    const { caller, socket } = operation;
    const acts = ["user", "admin", "admin for user", "root or admin"].includes(caller);
    const names = [
      ...(operation.app === false || socket ? [] : ["app_id"]),
      ...(acts ? ["user_id", "group_id"] : []),
      ...(onlyLooks(operation) ? [] : ["idempotency_key"]),
    ];
    // A browser's socket cannot send headers: what they say may stand in the query.
    const ofSocket = ["app_id", ...(caller === "admin for user" ? ["user_id", "group_id"] : [])];
    const either = ofSocket.flatMap((name) => [
      ...(name === "app_id" ? [{ ...headers[name], required: false }] : []),
      { ...headers[name], in: "query", required: false },
    ]);
    return [
      ...names.map((name) => ({ $ref: `#/components/parameters/${name}` })),
      ...(socket ? either : []),
      ...this.#queryOf(operation),
    ];
  }

  #queryOf(operation: Operation): Json[] {
    if (operation.from !== "query" && operation.from !== "rows") return [];
    const json = this.schemas.behind(this.schemas.of(operation.params));
    const required = z.array(z.string()).catch([]).parse(json["required"]);
    const example = operation.from === "rows" ? {} : this.requestExample(operation, json);
    return Object.entries(part(json, "properties")).flatMap(([name, schema]) => {
      if (!isJson(schema) || (operation.from === "rows" && name === "rows")) return [];
      const { description, ...rest } = schema;
      return [
        {
          name,
          in: "query",
          required: required.includes(name),
          description,
          schema: rest,
          ...(example[name] !== undefined && { example: example[name] }),
        },
      ];
    });
  }

  /** The example of a request: those of its fields, but for what its declaration has of its own. */
  requestExample({ example = {} }: Operation, json: Json): Json {
    const made = this.schemas.exampleOf(json);
    const all = { ...(isJson(made) ? made : {}), ...example };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  }

  bodyOf(operation: Operation): Json {
    const { from, params } = operation;
    if (from === "text") {
      const text = part(part(this.schemas.of(params), "properties"), "text");
      return content("text/plain", text, this.schemas.exampleOf(text));
    }
    if (from === "rows") {
      const rows = params.shape["rows"];
      const row = this.schemas.of(rows instanceof z.ZodType ? (rowOf(rows) ?? rows) : z.unknown());
      return content("application/x-ndjson", row, this.requestExample(operation, row));
    }
    if (from !== "json") return {};
    const required = Object.values(params.shape).some((field) => !(field instanceof z.ZodOptional));
    const schema = this.schemas.of(params);
    return content("application/json", schema, this.requestExample(operation, schema), required);
  }

  /** One method of an operation. All that has several says the same of each. */
  describe(operation: Operation, method: Method): Json {
    const { id, summary, tag, caller, scope, methods } = operation;
    const [first] = methods;
    const isSame = method !== first;
    const notes = [
      `For ${callers[caller]}.`,
      ...(scope === undefined ? [] : [`An admin token needs the scope \`${scope}\`.`]),
      ...(operation.tellsDevices ? ["The user's other devices hear `info_updated`."] : []),
      ...(isSame ? [`The same as ${first}.`] : []),
    ];
    return {
      operationId: isSame ? `${id}_${method.toLowerCase()}` : id,
      summary: isSame ? `${summary} (the same as ${first})` : summary,
      tags: [tag],
      description: notes.join(" "),
      ...(isSame && { "x-same-as": id }),
      security: security[caller],
      parameters: this.parametersOf(operation),
      ...this.bodyOf(operation),
      responses: this.responses.of(operation),
    };
  }

  /** What is posted to a webhook of an event of a type. */
  webhook(type: WebhookType): Json {
    const schema = this.schemas.of(webhookBody(type));
    const name = type.replaceAll(/(?:^|\.)([a-z])/g, (_all, letter: string) => letter.toUpperCase());
    return {
      post: {
        operationId: `on${name}`,
        summary: webhookData[type].description ?? type,
        description: delivery,
        tags: ["webhooks"],
        security: [],
        parameters: signed.map((each) => ({ $ref: `#/components/parameters/${each}` })),
        requestBody: {
          required: true,
          content: { "application/json": { schema, example: this.schemas.exampleOf(schema) } },
        },
        responses: {
          200: { description: "The event is taken, as by any other 2xx." },
          default: { description: "The event is not taken: it is sent again." },
        },
      },
    };
  }
}

/** The OpenAPI 3.1 document of operations, and of what is sent to webhooks. */
export function openapi(title: string, operations: readonly Operation[]): Json {
  const maker = new Maker();
  Object.assign(maker.schemas.named, refusalSchemas());
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const path = (paths[operation.path] ??= {});
    for (const method of operation.methods) path[method.toLowerCase()] = maker.describe(operation, method);
  }
  const webhooks = Object.fromEntries(webhookTypes.map((type) => [type, maker.webhook(type)]));
  return {
    openapi: "3.1.0",
    info: {
      title,
      version: "1",
      description: introduction,
      contact: { name: "Whoever runs this service" },
      license: { name: "All rights reserved", identifier: "LicenseRef-Proprietary" },
    },
    servers: [{ url: "/", description: "The service that this document is read from." }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    webhooks,
    components: {
      securitySchemes: {
        token: {
          type: "apiKey",
          in: "header",
          name: "access-token",
          description: "A user's token, or an admin token.",
        },
        rootKey: { type: "apiKey", in: "header", name: "root-key", description: "The root key." },
      },
      parameters: headers,
      headers: answerHeaders,
      responses: maker.responses.shared,
      schemas: maker.schemas.named,
    },
  };
}
