import { existsSync, readFileSync, renameSync, watch, writeFileSync } from "node:fs";
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

/** Starts it for a run of the tests, which waits for it where it needs it; gives what ends it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const checkout = await Checkout.make();
  checkout.cheapenPasswords();
  project.provide("place", { directory: checkout.directory, origin: checkout.origin });
  const tell = (failure?: string) => {
    const draft = join(checkout.directory, "outcome.draft");
    writeFileSync(draft, JSON.stringify({ printed: checkout.printed, failure }));
    renameSync(draft, join(checkout.directory, outcome));
  };
  const started = checkout.start().then(
    () => tell(),
    (error: unknown) => tell(String(error)),
  );
  return async () => {
    await checkout.stop();
    await started;
    await checkout.remove();
  };
}

/** The service that all share, once it serves: an `npm start` whose passwords are cheap, to be left as it is. */
export async function sharedService(): Promise<Service> {
  const { directory, origin } = inject("place");
  const path = join(directory, outcome);
  const watcher = watch(directory);
  await new Promise<void>((done) => {
    const look = () => {
      if (existsSync(path)) done();
    };
    watcher.on("change", look);
    look();
  });
  watcher.close();
  const { printed, failure } = Outcome.parse(JSON.parse(readFileSync(path, "utf8")));
  if (failure !== undefined) throw new Error(failure);
  const service = new Service(directory, origin);
  service.printed = printed;
  return service;
}
