import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, vi } from "vitest";
import { giveNumber } from "../../../src/store/numbering.ts";
import { bindAgain } from "./as-bound.ts";
import { hideRequests } from "./quiet.ts";

await Promise.all([env.DB, env.USERS_1, env.USERS_2].map((db) => applyD1Migrations(db, env.MIGRATIONS)));
await env.USERS_1.prepare(giveNumber(1)).run();
await env.USERS_2.prepare(giveNumber(2)).run();

hideRequests();

// Files share a runtime: what one has put in place of the world's own is gone before the next.
afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  bindAgain();
});
