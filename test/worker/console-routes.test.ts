import { describe, expect, it } from "vitest";
import { type Route, routes } from "../../src/console/api/routes.ts";
import { operations } from "../../src/operations/index.ts";

const asked: [string, Route][] = Object.entries(routes);

describe("what the console asks for", () => {
  it.each(asked)("is an operation as it is declared: %s", (id, route) => {
    const declared = operations.find((operation) => operation.id === id);
    expect(declared?.path).toBe(route.path);
    expect(declared?.methods).toContain(route.method);
    expect(declared?.scope ?? declared?.caller).toBe(route.scope);
    expect(declared?.from === "json").toBe(route.in === "body");
  });
});
