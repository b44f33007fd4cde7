import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Miniflare, convertV4MiniflareOptions } from "miniflare";
import { z } from "zod";
import type { Bound } from "./bindings.ts";
import { Failure } from "./failure.ts";
import { FOLDER, KEPT } from "./migrations.ts";
import type { Found, Place } from "./place.ts";

/** The table by which `wrangler d1 migrations` knows what is applied, as it makes it. */
const notes = `create table if not exists "d1_migrations"(
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		name       TEXT UNIQUE,
		applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

const Applied = z.array(z.object({ name: z.string() }));
const Rows = z.array(z.record(z.string(), z.unknown()));

/**
 * The databases of this checkout: those that `wrangler dev` serves, in a runtime of this process, which is one for all of them.
 * `wrangler d1` takes seconds to start for each question.
 */
export class Local implements Place {
  readonly isLocal = true;
  readonly #runtime: Miniflare;

  constructor(databases: readonly Bound[]) {
    this.#runtime = new Miniflare(
      convertV4MiniflareOptions({
        modules: true,
        script: "",
        resourcePersistencePath: KEPT,
        d1Databases: Object.fromEntries(databases.map(({ binding, id }) => [binding, id])),
      }),
    );
  }

  async execute({ binding }: Bound, sql: string): Promise<Found> {
    const d1 = await this.#runtime.getD1Database(binding);
    const { meta, results } = await d1.prepare(sql).run();
    return { rows: Rows.parse(results), size: meta.size_after };
  }

  async migrate({ binding }: Bound): Promise<void> {
    const d1 = await this.#runtime.getD1Database(binding);
    const [, noted] = await d1.batch([d1.prepare(notes), d1.prepare("select name from d1_migrations")]);
    const applied = new Set(Applied.parse(noted?.results).map(({ name }) => name));
    const files = readdirSync(FOLDER).filter((name) => name.endsWith(".sql") && !applied.has(name));
    if (files.length === 0) return;
    // Wrangler takes a second to load, and is needed for its knowledge of where a statement ends.
    const { unstable_splitSqlQuery: split } = await import("wrangler");
    for (const name of files.toSorted()) {
      const statements = split(readFileSync(join(FOLDER, name), "utf8")).map((sql) => d1.prepare(sql));
      const note = d1.prepare("insert into d1_migrations (name) values (?)").bind(name);
      try {
        await d1.batch([...statements, note]);
      } catch (error) {
        throw new Failure(
          `${name} was not applied to ${binding}: ${error instanceof Error ? error.message : "no answer"}`,
        );
      }
    }
  }

  async close(): Promise<void> {
    await this.#runtime.dispose();
  }
}
