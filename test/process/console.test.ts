import { afterAll, beforeAll, describe } from "vitest";
import { hasBrowser } from "./browser.ts";
import { acting } from "./console/acting.ts";
import { Desk } from "./console/kit.ts";
import { looking } from "./console/looking.ts";
import { much } from "./console/much.ts";

describe.runIf(hasBrowser)("the console", () => {
  let desk: Desk;
  const get = () => desk;

  beforeAll(async () => {
    desk = await Desk.open();
  });

  afterAll(async () => {
    await desk.close();
  });

  describe("as it is looked at", () => looking(get));
  describe("as it is acted by", () => acting(get));
  describe("with much to show", () => much(get));
});
