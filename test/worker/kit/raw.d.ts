declare module "*?raw" {
  const value: string;
  export default value;
}

declare module "*/argon2id.ts?fresh" {
  export const loadArgon2id: typeof import("../../../src/passwords/argon2id.ts").loadArgon2id;
}

interface ImportMeta {
  /** The files that a pattern matches, by path; made by the bundler of the tests. */
  glob(pattern: string, options: { query: "?raw"; import: "default"; eager: true }): Record<string, unknown>;
}
