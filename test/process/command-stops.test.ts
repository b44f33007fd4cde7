import { describe } from "vitest";
import { besideService } from "./command/beside.ts";
import { files } from "./command/files.ts";
import { stops } from "./command/stops.ts";

describe("an import that ends before its end, beside npm start", { timeout: 120_000 }, () => {
  const get = besideService("command_stops");

  describe("what ends an import", () => {
    stops(get);
  });
  describe("the files of an import", () => {
    files(get);
  });
});
