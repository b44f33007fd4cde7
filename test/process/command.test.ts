import { describe } from "vitest";
import { admins } from "./command/admins.ts";
import { answers } from "./command/answers.ts";
import { besideService } from "./command/beside.ts";
import { words } from "./command/words.ts";

describe("the command, beside npm start", { timeout: 120_000 }, () => {
  const get = besideService("command");

  describe("its words", () => {
    words(get);
  });
  describe("what admins do", () => {
    admins(get);
  });
  describe("what answers users", () => {
    answers(get);
  });
});
