declare module "*?raw" {
  const value: string;
  export default value;
}

declare module "*/argon2id.ts?fresh" {
  export const loadArgon2id: typeof import("../../../src/passwords/argon2id.ts").loadArgon2id;
}
