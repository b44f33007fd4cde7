import { cpSync, existsSync, readFileSync, renameSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import type { TestProject } from "vitest/node";
import { z } from "zod";
import { Checkout } from "./kit.ts";
import { Service } from "./service.ts";

/** The service of all files that neither end it nor set it up in a way of their own: where it is. */
interface Place {
  directory: string;
  origin: string;
}

declare module "vitest" {
  interface ProvidedContext {
    place: Place;
  }
}

/** What became of its start, in the checkout once it is known. */
const outcome = "outcome.json";
const Outcome = z.object({ printed: z.string(), failure: z.string().optional() });

/** A store that is migrated and nothing else, in the checkout once it is there. */
const migrated = "migrated";

/** Makes the migrated store, then starts. */
async function start(checkout: Checkout): Promise<void> {
  const { isRight, printed } = await checkout.databases("migrate", "--local");
  if (!isRight) throw new Error(printed);
  const path = join(checkout.directory, migrated);
  cpSync(checkout.store, `${path}.draft`, { recursive: true });
  renameSync(`${path}.draft`, path);
  await checkout.start();
}

/** Starts it for a run of the tests, which waits for it where it needs it; gives what ends it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const checkout = await Checkout.make();
  checkout.cheapenPasswords();
  project.provide("place", { directory: checkout.directory, origin: checkout.origin });
  const tell = (failure?: string) => {
    const path = join(checkout.directory, outcome);
    writeFileSync(`${path}.draft`, JSON.stringify({ printed: checkout.printed, failure }));
    renameSync(`${path}.draft`, path);
  };
  const started = start(checkout).then(
    () => tell(),
    (error: unknown) => tell(String(error)),
  );
  return async () => {
    await started;
    await checkout.remove();
  };
}

/** Waits until one of these is in the checkout. */
async function untilThere(directory: string, ...names: string[]): Promise<void> {
  const isThere = () => names.some((name) => existsSync(join(directory, name)));
  const watcher = watch(directory);
  await new Promise<void>((done) => {
    const look = () => {
      if (isThere()) done();
    };
    watcher.on("change", look);
    look();
  });
  watcher.close();
}

/** What the shared start printed. Fails where it came to nothing. */
function printedIn(directory: string): string {
  const text = readFileSync(join(directory, outcome), "utf8");
  const { printed, failure } = Outcome.parse(JSON.parse(text));
  if (failure !== undefined) throw new Error(failure);
  return printed;
}

/** The service that all share, once it serves: an `npm start` whose passwords are cheap, to be left as it is. */
export async function sharedService(): Promise<Service> {
  const { directory, origin } = inject("place");
  await untilThere(directory, outcome);
  const service = new Service(directory, origin);
  service.printed = printedIn(directory);
  return service;
}

/** A checkout of a file's own whose first start has nothing to migrate. */
export async function migratedCheckout(): Promise<Checkout> {
  const { directory } = inject("place");
  await untilThere(directory, migrated, outcome);
  const path = join(directory, migrated);
  if (!existsSync(path)) printedIn(directory);
  const checkout = await Checkout.make();
  checkout.takeStore(path);
  return checkout;
}
