import { z } from "zod";
import { rowOf } from "../domain/fields.ts";
import { reasons } from "../domain/reasons.ts";
import { type Level, type Operation, onlyLooks } from "./operation.ts";

type Json = Record<string, unknown>;

const headers: Record<string, Json> = {
  app_id: {
    name: "app_id",
    in: "header",
    required: true,
    schema: { type: "string", pattern: "^[A-Za-z0-9_-]{1,64}$" },
    description: "the tenant",
  },
  user_id: {
    name: "user_id",
    in: "header",
    schema: { type: "integer", minimum: 1 },
    description: "with an admin token: on whose behalf",
  },
  group_id: {
    name: "group_id",
    in: "header",
    schema: { type: "integer", minimum: 1 },
    description: "with an admin token: as the owner of this group",
  },
};

const idempotencyKey: Json = {
  name: "Idempotency-Key",
  in: "header",
  schema: { type: "string", minLength: 1, maxLength: 128 },
  description: "the same again within 24 h hears the first answer, and has no second effect",
};

const security: Record<Level, Json[]> = {
  public: [],
  user: [{ token: [] }],
  session: [{ token: [] }],
  admin: [{ token: [] }],
  "admin for user": [{ token: [] }],
  root: [{ rootKey: [] }],
  "root or admin": [{ rootKey: [] }, { token: [] }],
};

/** The JSON Schema of what a caller sends or reads. A list of rows shows its row. */
export function schemaOf(schema: z.ZodType): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      const row = rowOf(zodSchema);
      if (row) Object.assign(jsonSchema, { items: schemaOf(row) });
    },
  });
  return json;
}

function headersOf(operation: Operation): Json[] {
  const names = [
    ...(operation.app === false ? [] : ["app_id"]),
    ...(["user", "admin", "admin for user"].includes(operation.caller) ? ["user_id", "group_id"] : []),
  ];
  return names.flatMap((name): Json[] => {
    const header = headers[name];
    // A browser's socket cannot send headers: the app may stand in the query.
    return header ? [operation.socket ? { ...header, required: false } : header] : [];
  });
}

function queryOf(operation: Operation): Json[] {
  if (operation.from !== "query" && operation.from !== "rows") return [];
  const tenant = operation.socket ? [{ ...headers["app_id"], in: "query", required: false }] : [];
  const { properties = {}, required = [] } = z
    .object({
      properties: z.record(z.string(), z.unknown()).optional(),
      required: z.array(z.string()).optional(),
    })
    .parse(schemaOf(operation.params));
  const inQuery = Object.entries(properties).filter(([name]) => operation.from !== "rows" || name !== "rows");
  const named = inQuery.map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
  return [...tenant, ...named];
}

function bodyOf(operation: Operation): Json {
  const { from, params } = operation;
  if (from === "text") {
    return { requestBody: { content: { "text/plain": { schema: { type: "string" } } } } };
  }
  if (from === "rows") {
    const row = params.shape["rows"];
    const schema = row instanceof z.ZodType ? (rowOf(row) ?? row) : z.unknown();
    return {
      requestBody: { required: true, content: { "application/x-ndjson": { schema: schemaOf(schema) } } },
    };
  }
  if (from !== "json") return {};
  const required = Object.values(params.shape).some((field) => !(field instanceof z.ZodOptional));
  return { requestBody: { required, content: { "application/json": { schema: schemaOf(params) } } } };
}

function envelopeOf(operation: Operation): Json {
  const beside = operation.beside ? schemaOf(operation.beside)["properties"] : {};
  const properties = { code: { const: 200 }, message: { const: "" }, data: schemaOf(operation.data) };
  return {
    type: "object",
    required: ["code", "message", "data"],
    properties: { ...properties, ...z.record(z.string(), z.unknown()).parse(beside) },
  };
}

function responsesOf(operation: Operation): Json {
  if (operation.socket) return { 101: { description: "the socket: JSON text frames" } };
  if (operation.streams) {
    const lines = { "application/x-ndjson": { schema: schemaOf(operation.data) } };
    return { 200: { description: "lines of JSON, or a refusal as JSON by its code", content: lines } };
  }
  const refused = { $ref: "#/components/schemas/Refusal" };
  const schema = { anyOf: [envelopeOf(operation), refused] };
  return {
    200: { description: "success, or a refusal by its code", content: { "application/json": { schema } } },
  };
}

function describe(operation: Operation, method: string): Json {
  const { id, summary, tag, caller, scope, methods } = operation;
  return {
    operationId: methods.length > 1 ? `${id}_${method.toLowerCase()}` : id,
    summary,
    tags: [tag],
    description: `Caller: ${caller}.${scope === undefined ? "" : ` An admin token needs the scope ${scope}.`}`,
    security: security[caller],
    parameters: [
      ...headersOf(operation),
      ...(onlyLooks(operation) ? [] : [idempotencyKey]),
      ...queryOf(operation),
    ],
    ...bodyOf(operation),
    responses: responsesOf(operation),
  };
}

/** The OpenAPI 3.1 document of operations. */
export function openapi(title: string, operations: readonly Operation[]): Json {
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const path = (paths[operation.path] ??= {});
    for (const method of operation.methods) path[method.toLowerCase()] = describe(operation, method);
  }
  const codes = Object.values(reasons).map(({ code, message }) => `${code}: ${message}`);
  return {
    openapi: "3.1.0",
    info: { title, version: "1", description: "Every answer is an envelope; a refusal is told by its code." },
    paths,
    components: {
      securitySchemes: {
        token: { type: "apiKey", in: "header", name: "access-token" },
        rootKey: { type: "apiKey", in: "header", name: "root-key" },
      },
      schemas: {
        Refusal: {
          type: "object",
          required: ["code", "message", "data"],
          properties: {
            code: { type: "integer", description: codes.join("; ") },
            message: { type: "string" },
            data: { type: "null" },
          },
        },
      },
    },
  };
}
