import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, vi } from "vitest";
import { hideRequests } from "./quiet.ts";

await applyD1Migrations(env.DB, env.MIGRATIONS);

hideRequests();

// Files share a runtime: what one has put in place of the world's own is gone before the next.
afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
