import { afterAll, beforeAll } from "vitest";
import { sharedService } from "../shared.ts";
import { type Shared, Warbler } from "./kit.ts";

/** Gives the tests of a file the command, which knows the service that all share, a new app of this id and the root key. */
export function besideService(app: string): () => Shared {
  let shared: Shared;

  beforeAll(async () => {
    const checkout = await (await sharedService()).withApp(app);
    const warbler = new Warbler({
      WARBLER_URL: checkout.origin,
      WARBLER_APP: checkout.app,
      WARBLER_TOKEN: checkout.adminToken,
      WARBLER_ROOT_KEY: checkout.rootKey,
    });
    shared = { checkout, warbler };
  });

  afterAll(() => Warbler.cleanUp());

  return () => shared;
}
