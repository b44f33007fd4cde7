import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { hasBrowser } from "./browser.ts";
import { acting } from "./console/acting.ts";
import { finding } from "./console/finding.ts";
import { importing } from "./console/import.ts";
import { Desk } from "./console/kit.ts";
import { looking } from "./console/looking.ts";
import { many } from "./console/many.ts";
import { much } from "./console/much.ts";
import { repeats } from "./console/repeats.ts";
import { shown } from "./console/shown.ts";

describe.runIf(hasBrowser)("the console", () => {
  let desk: Desk;
  const get = () => desk;

  beforeAll(async () => {
    desk = await Desk.open();
  });

  afterEach(async () => {
    await desk.clear();
  });

  afterAll(async () => {
    await desk.close();
  });

  describe("as it is looked at", () => {
    looking(get);
  });
  describe("as it is acted by", () => {
    acting(get);
  });
  describe("in what it finds", () => {
    finding(get);
  });
  describe("in what it brings in", () => {
    importing(get);
  });
  describe("for many at once", () => {
    many(get);
  });
  describe("where an answer is lost", () => {
    repeats(get);
  });
  describe("in what it shows", () => {
    shown(get);
  });
  describe("with much to show", () => {
    much(get);
  });
});
