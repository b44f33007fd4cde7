import { describe } from "vitest";
import { besideService } from "./command/beside.ts";
import { exports } from "./command/exports.ts";
import { imports } from "./command/imports.ts";

describe("the rows that the command moves, beside npm start", { timeout: 120_000 }, () => {
  const get = besideService("command_rows");

  describe("what is imported", () => {
    imports(get);
  });
  describe("what is exported", () => {
    exports(get);
  });
});
