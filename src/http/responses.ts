import { z } from "zod";
import { type Reason, isReason, reasons } from "../domain/reasons.ts";
import { type Operation, onlyLooks } from "./operation.ts";
import { type FaultStatus, faultHeaders, faults, faultsOf, refusalsOf } from "./refusals.ts";
import { type Json, type Schemas, isJson, ofDocument } from "./schemas.ts";

/** Headers of answers, by name. */
export const answerHeaders: Record<string, Json> = {
  "X-Request-Id": {
    schema: { type: "string", format: "uuid" },
    description: "By what the log has the request.",
  },
  "Retry-After": {
    schema: { type: "integer", minimum: 1 },
    description: "How many seconds to wait before the call is sent again.",
  },
  "Idempotency-Replayed": {
    schema: { type: "string", const: "true" },
    description: "There where the answer is the one that was given the first time.",
  },
  Allow: { schema: { type: "string" }, description: "The methods of the path." },
  Upgrade: { schema: { type: "string", const: "websocket" }, description: "What to connect with." },
};

/** The name of a refusal as a schema has it: `user_unknown` is `UserUnknown`. */
const schemaName = (reason: Reason) =>
  reason.replaceAll(/(?:^|_)([a-z])/g, (_all, letter: string) => letter.toUpperCase());

const refer = (to: string) => ({ $ref: `${ofDocument}${to}` });

const oneOf = (schemas: readonly Json[]): Json => {
  const [only] = schemas;
  return schemas.length === 1 && only ? only : { oneOf: schemas };
};

const referHeaders = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** A text as a sentence. */
export const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** The envelope of what is no success. */
function wrong(code: Json, message: Json, beside: Json = {}): Json {
  return {
    type: "object",
    required: ["code", "message", "data", ...Object.keys(beside)],
    properties: {
      code,
      message: { type: "string", description: "What to do about it. It may change.", ...message },
      data: { type: "null", description: "Nothing." },
      ...beside,
    },
  };
}

/** What all refusals have in common, and each of them: by its reason, which goes with one code. */
export function refusalSchemas(): Record<string, Json> {
  const names = Object.keys(reasons).filter(isReason);
  const codes = [...new Set(names.map((name) => reasons[name].code))];
  const any = wrong(
    { type: "integer", enum: codes, description: "The code of the refusal." },
    {},
    {
      reason: {
        type: "string",
        enum: names,
        description: "The name of the refusal: it tells apart what has one code.",
      },
    },
  );
  const each = names.map((name) => {
    const { code, status, message } = reasons[name];
    return [
      schemaName(name),
      {
        description: `${sentence(message)} HTTP ${status} with ERROR_STATUS = "http".`,
        allOf: [refer("Refusal")],
        type: "object",
        required: ["code", "reason"],
        properties: {
          code: { type: "integer", const: code, description: "The code of the refusal." },
          reason: { type: "string", const: name, description: "The name of the refusal." },
        },
        examples: [{ code, message, data: null, reason: name }],
      },
    ];
  });
  return { Refusal: { description: "A refusal.", ...any }, ...Object.fromEntries(each) };
}

/** The envelope of a fault. */
function faultSchema(status: number): Json {
  return wrong(
    { type: "integer", const: status, description: "The HTTP status." },
    { examples: [faults[400]] },
  );
}

const faultName = (status: FaultStatus) => `Fault${status}`;

/** Makes what the document says of answers; what many operations answer alike is `shared`. */
export class Responses {
  readonly shared: Record<string, Json> = {};
  readonly schemas: Schemas;

  constructor(schemas: Schemas) {
    this.schemas = schemas;
  }

  #envelopeOf({ data, beside }: Operation): Json {
    const schema = this.schemas.of(data);
    const { properties = {}, required = [] } = beside ? this.schemas.of(beside) : {};
    return {
      type: "object",
      description: "A success.",
      required: ["code", "message", "data", ...z.array(z.string()).parse(required)],
      properties: {
        code: { type: "integer", const: 200, description: "It is a success." },
        message: { type: "string", const: "", description: "Nothing more is to be said." },
        data: { description: "What was asked for; true where that was to be done, and is.", ...schema },
        ...(isJson(properties) ? properties : {}),
      },
    };
  }

  #successOf(operation: Operation): Json {
    const refused = refusalsOf(operation).map((reason) => refer(schemaName(reason)));
    const ofWrite = onlyLooks(operation) ? [] : ["Idempotency-Replayed"];
    const ownHeaders = referHeaders(["X-Request-Id", "Retry-After", ...ofWrite]);
    const made = (description: string, content: Json) => ({ description, headers: ownHeaders, content });
    if (operation.socket) {
      const json = { "application/json": { schema: oneOf(refused) } };
      return made("A refusal by its code, where the caller is not to be told by the socket's close.", json);
    }
    if (operation.streams) {
      const lines = [
        this.schemas.of(operation.data),
        ...(operation.lastLine ? [this.schemas.of(operation.lastLine)] : []),
      ];
      const schema = { anyOf: lines };
      return made("Lines of JSON, each as the schema says; or a refusal by its code.", {
        "application/x-ndjson": { schema, example: this.schemas.exampleOf(schema) },
        "application/json": { schema: oneOf(refused) },
      });
    }
    const envelope = this.#envelopeOf(operation);
    const schema = oneOf([envelope, ...refused]);
    return made("A success, or a refusal by its code.", {
      "application/json": { schema, example: this.schemas.exampleOf(envelope) },
    });
  }

  /** What is answered with a status that is no success: refusals with ERROR_STATUS = "http", and a fault. */
  #responseOf(status: number, refused: readonly Reason[], fault: FaultStatus | undefined): Json {
    const name = [...refused.map(schemaName), ...(fault ? [faultName(fault)] : [])].join("Or");
    this.shared[name] ??= this.#response(status, refused, fault);
    return { $ref: `#/components/responses/${name}` };
  }

  #response(status: number, refused: readonly Reason[], fault: FaultStatus | undefined): Json {
    const told = [
      ...(refused.length > 0 ? [`With ERROR_STATUS = "http": ${refused.join(", ")}.`] : []),
      ...(fault ? [sentence(faults[fault])] : []),
    ];
    if (fault) this.schemas.named[faultName(fault)] ??= faultSchema(fault);
    const schema = oneOf([
      ...refused.map((reason) => refer(schemaName(reason))),
      ...(fault ? [refer(faultName(fault))] : []),
    ]);
    const waits = refused.includes("too_many_failures") ? ["Retry-After"] : [];
    return {
      description: told.join(" "),
      headers: referHeaders([...new Set(["X-Request-Id", ...waits, ...(faultHeaders[status] ?? [])])]),
      content: { "application/json": { schema } },
    };
  }

  /** All that an operation can answer, by status. */
  of(operation: Operation): Json {
    const byStatus = Map.groupBy(refusalsOf(operation), (reason): number => reasons[reason].status);
    const ofFaults = new Map<number, FaultStatus>(faultsOf(operation).map((status) => [status, status]));
    const statuses = [...new Set([...byStatus.keys(), ...ofFaults.keys()])].toSorted((a, b) => a - b);
    return {
      ...(operation.socket && { 101: { description: "The socket: JSON text frames." } }),
      200: this.#successOf(operation),
      ...Object.fromEntries(
        statuses.map((status) => [
          status,
          this.#responseOf(status, byStatus.get(status) ?? [], ofFaults.get(status)),
        ]),
      ),
    };
  }
}
