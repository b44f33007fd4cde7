import { describe, expect, it } from "vitest";
import type { Method, Operation } from "../../src/http/operation.ts";
import { operations } from "../../src/operations/index.ts";
import type { Answer, Sent } from "./kit/client.ts";
import { exampleOf } from "./kit/contract/examples.ts";
import {
  type Json,
  type Params,
  type Stage,
  callerOf,
  newStage,
  place,
  refusingStageOf,
  send,
  spell,
  stateOf,
} from "./kit/contract/stage.ts";

/** Makes calls of one operation on a stage, by each of its methods in turn. */
class Caller {
  readonly operation: Operation;
  readonly stage: Stage;
  readonly valid: Params;
  #calls = 0;

  constructor(operation: Operation, stage: Stage, valid: Params) {
    this.operation = operation;
    this.stage = stage;
    this.valid = valid;
  }

  async send(sent: Sent): Promise<Answer> {
    const { methods } = this.operation;
    const method = methods[this.#calls++ % methods.length] ?? methods[0];
    const binding = { name: this.operation.id, operation: this.operation, method };
    return await send(callerOf(this.operation, this.stage), binding, sent);
  }

  /** What a call without the parameter sends, but for what is put in its place. */
  place(name: string, put: Params = {}): Sent {
    const { [name]: _left, ...others } = this.valid;
    return place(this.operation, { ...others, ...put });
  }
}

/** A call that is to be refused: the parameter it is about, and what is wrong with it. */
type Refused = [name: string, what: unknown, sent: Sent];

/** What is heard of calls that are to be refused with the parameter's name, and the stage after; and what must be. */
async function hear(operation: Operation, calls: (caller: Caller) => Iterable<Refused>) {
  const { stage, valid, state } = await refusingStageOf(operation, exampleOf(operation));
  const caller = new Caller(operation, stage, valid);
  const told: unknown[] = [];
  const due: unknown[] = [];
  for (const [name, what, sent] of calls(caller)) {
    const { body } = await caller.send(sent);
    told.push({ name, what, body });
    const message = expect.stringMatching(new RegExp(`\\b${name}\\b`));
    due.push({ name, what, body: { code: 10002, message, data: null, reason: "parameter_wrong" } });
  }
  if (due.length === 0) throw new Error("there is nothing to refuse");
  return { heard: { told, state: await stateOf(stage) }, expected: { told: due, state } };
}

/** The refusal heard of one call, by the method given; undefined where it was taken, as it must be. */
async function refusalOf(operation: Operation, method: Method, sent: (caller: Caller) => Sent) {
  const stage = await newStage();
  const caller = new Caller(operation, stage, await exampleOf(operation).valid(stage));
  const binding = { name: operation.id, operation, method };
  const { code, message } = await send(callerOf(operation, stage), binding, sent(caller));
  return code === 200 ? undefined : { code, message };
}

const takes = (operation: Operation) => Object.entries(exampleOf(operation).takes);
const isGet = ({ methods }: Operation) => methods.includes("GET");
const lastMethod = ({ methods }: Operation) => methods.at(-1) ?? methods[0];

const named = operations.filter((operation) => takes(operation).length > 0);
const inQuery = named.filter(({ from }) => from === "query");
const inBodyToo = inQuery.filter((operation) => !isGet(operation));
const isOfLines = ({ from }: Operation) => from === "rows";
const withBody = named.filter((operation) => !isGet(operation) && !isOfLines(operation));

/** Another value of the same kind that is as valid. */
function another(value: Json): Json {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1;
  return `${spell(value).slice(0, -1)}1`;
}

function* missing(caller: Caller): Generator<Refused> {
  for (const [name, { required }] of takes(caller.operation)) {
    if (required) yield [name, "left out", caller.place(name)];
  }
}

/** Wrong values where the parameters stand: in a query there are only texts. */
function* wrong(caller: Caller): Generator<Refused> {
  for (const [name, taken] of takes(caller.operation)) {
    const texts = taken.wrong.filter((value) => typeof value === "string");
    const tried = caller.operation.from === "query" ? texts : taken.wrong;
    for (const value of tried) yield [name, value, caller.place(name, { [name]: value })];
  }
}

function* nullWhereRequired(caller: Caller): Generator<Refused> {
  for (const [name, { required }] of takes(caller.operation)) {
    const { [name]: _left, ...others } = caller.valid;
    if (required) yield [name, null, { json: { ...others, [name]: null } }];
  }
}

/** Wrong values in the body of a query operation: a text that would do in a query is one of them. */
function* wrongInBody(caller: Caller): Generator<Refused> {
  for (const [name, taken] of takes(caller.operation)) {
    const valid = caller.valid[name] ?? "";
    const ofOtherType = typeof valid === "string" ? [] : [spell(valid)];
    for (const value of [...taken.wrong, ...ofOtherType]) {
      yield [name, value, { ...caller.place(name), json: { [name]: value } }];
    }
  }
}

function* twice(caller: Caller): Generator<Refused> {
  for (const [name] of takes(caller.operation)) {
    const value = caller.valid[name] ?? "1";
    const { query } = caller.place(name);
    for (const second of [value, another(value)]) {
      yield [name, second, { query: { ...query, [name]: [spell(value), spell(second)] } }];
    }
  }
}

function* differentInBody(caller: Caller): Generator<Refused> {
  for (const [name, value] of Object.entries(caller.valid)) {
    yield [name, value, { ...caller.place(""), json: { [name]: another(value) } }];
    const swapped = caller.place(name, { [name]: another(value) });
    yield [name, value, { ...swapped, json: { [name]: value } }];
  }
}

describe("a parameter is refused by its name, and nothing is done,", () => {
  it.each(named)("where it is missing or wrong: $path ($id)", async (operation) => {
    const { heard, expected } = await hear(operation, function* calls(caller) {
      yield* missing(caller);
      yield* wrong(caller);
      if (!isGet(operation) && !isOfLines(operation)) yield* nullWhereRequired(caller);
    });
    expect(heard).toEqual(expected);
  });

  it.each(inQuery)("where the query gives it twice: $path ($id)", async (operation) => {
    const { heard, expected } = await hear(operation, twice);
    expect(heard).toEqual(expected);
  });

  it.each(inBodyToo)(
    "where the body has it wrong, or other than the query: $path ($id)",
    async (operation) => {
      const { heard, expected } = await hear(operation, function* calls(caller) {
        yield* wrongInBody(caller);
        yield* differentInBody(caller);
      });
      expect(heard).toEqual(expected);
    },
  );
});

describe("a call is taken", () => {
  it.each(withBody)("with a JSON null in every optional field: $path ($id)", async (operation) => {
    const refusal = await refusalOf(operation, operation.methods[0], ({ valid }) => {
      const nulls = takes(operation).flatMap(([name, { required }]) => (required ? [] : [[name, null]]));
      return { json: { ...valid, ...Object.fromEntries(nulls) } };
    });
    expect(refusal).toBeUndefined();
  });

  it.each(named.filter(({ socket, streams }) => !socket && !streams))(
    "with only what is required, and an unknown parameter, which is ignored: $path ($id)",
    async (operation) => {
      const refusal = await refusalOf(operation, lastMethod(operation), ({ valid }) => {
        const required = takes(operation).filter(([, taken]) => taken.required);
        const params = required.map(([name]) => [name, valid[name] ?? ""]);
        return place(operation, { ...Object.fromEntries(params), surprise: "unknown" });
      });
      expect(refusal).toBeUndefined();
    },
  );

  it.each(inBodyToo)("with the same value in the query and in the body: $path ($id)", async (operation) => {
    const refusal = await refusalOf(operation, operation.methods[0], (caller) => ({
      ...caller.place(""),
      json: caller.valid,
    }));
    expect(refusal).toBeUndefined();
  });
});
