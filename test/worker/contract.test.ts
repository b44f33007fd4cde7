import { describe, expect, it } from "vitest";
import { operations } from "../../src/operations/index.ts";
import { exampleOf, examples } from "./kit/contract/examples.ts";
import { callerOf, newStage, place, plainBindings, send } from "./kit/contract/stage.ts";
import { type Row, further, numbered, rowOf, unnumbered } from "./kit/contract/table.ts";
import { dataOf } from "./kit/client.ts";

const line = (methods: readonly string[], path: string, caller: string) =>
  `${methods.join(" ")} ${path} ${caller}`;

const declared = operations.map(({ methods, path, caller }) => line(methods, path, caller));

const written = (rows: readonly Row[]) =>
  rows.map(({ methods, path, caller }) => line(methods.split(" "), path, caller));

describe("the declarations", () => {
  it("are the numbered table's 39 operations and those beside it, each with its methods and caller", () => {
    expect(declared.toSorted()).toEqual(written([...numbered, ...unnumbered, ...further]).toSorted());
  });

  it("have the numbered table's operations at 35 paths with 62 bindings", () => {
    const rows = new Set(written(numbered));
    const found = operations.filter(({ methods, path, caller }) => rows.has(line(methods, path, caller)));
    expect(found).toHaveLength(39);
    expect(new Set(found.map(({ path }) => path)).size).toBe(35);
    const pairs = found.flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`));
    expect(new Set(pairs).size).toBe(62);
  });

  it("have an id each, and an example by it", () => {
    const ids = operations.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(examples).toSorted()).toEqual(ids.toSorted());
  });

  it("take the parameters of the specification and no others", () => {
    const named = operations.filter(({ from }) => from !== "text");
    const taken = named.map(({ id, params }) => [id, Object.keys(params.shape).toSorted()]);
    const specified = named.map((operation) => [
      operation.id,
      Object.keys(exampleOf(operation).takes).toSorted(),
    ]);
    expect(taken).toEqual(specified);
  });
});

describe("a valid call", () => {
  it.each(plainBindings)("of $name answers what is specified and declared", async (binding) => {
    const { operation, method } = binding;
    const stage = await newStage();
    const sent = place(operation, await exampleOf(operation).valid(stage));

    const answer = await send(callerOf(operation, stage), binding, sent);

    const data = dataOf(answer, rowOf(method, operation.path).data);
    expect(answer.response.status).toBe(200);
    expect(answer.response.headers.get("cache-control")).toBe("no-store");
    expect(answer.message).toBe("");
    expect(operation.data.parse(data)).toEqual(data);
    const { code: _code, message: _message, data: _data, ...beside } = answer.body;
    expect(operation.beside?.parse(beside) ?? {}).toEqual(beside);
  });
});
