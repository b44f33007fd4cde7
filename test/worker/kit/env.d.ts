declare namespace Cloudflare {
  interface Env {
    USERS_1: D1Database;
    USERS_2: D1Database;
    FUZZ_CALLS: string;
    MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
}
