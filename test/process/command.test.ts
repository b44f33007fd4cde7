import { afterAll, beforeAll, describe } from "vitest";
import { Checkout, app } from "./kit.ts";
import { admins } from "./command/admins.ts";
import { answers } from "./command/answers.ts";
import { exports } from "./command/exports.ts";
import { files } from "./command/files.ts";
import { imports } from "./command/imports.ts";
import { stops } from "./command/stops.ts";
import { Warbler } from "./command/kit.ts";
import { words } from "./command/words.ts";

/** What all tests of the command share: one service is enough for them. */
export interface Shared {
  checkout: Checkout;
  warbler: Warbler;
}

describe("the command, beside npm start", { timeout: 120_000 }, () => {
  let shared: Shared;
  const get = () => shared;

  beforeAll(async () => {
    const checkout = await Checkout.make();
    checkout.cheapenPasswords();
    await checkout.start();
    const warbler = new Warbler({
      WARBLER_URL: checkout.origin,
      WARBLER_APP: app,
      WARBLER_TOKEN: checkout.adminToken,
      WARBLER_ROOT_KEY: checkout.rootKey,
    });
    shared = { checkout, warbler };
  });

  afterAll(async () => {
    Warbler.cleanUp();
    await shared.checkout.remove();
  });

  describe("its words", () => {
    words(get);
  });
  describe("what admins do", () => {
    admins(get);
  });
  describe("what answers users", () => {
    answers(get);
  });
  describe("what is imported", () => {
    imports(get);
  });
  describe("what ends an import", () => {
    stops(get);
  });
  describe("the files of an import", () => {
    files(get);
  });
  describe("what is exported", () => {
    exports(get);
  });
});
