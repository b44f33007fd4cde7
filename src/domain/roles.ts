import { Refusal } from "./reasons.ts";

/** What an admin token may be allowed to do, by name: each operation that takes admin tokens needs one of these. */
export const scopes = [
  "read",
  "sessions",
  "explain",
  "bans",
  "profile",
  "act",
  "push",
  "import",
  "export",
  "export_secrets",
  "webhooks",
  "groups",
] as const;

export type AdminScope = (typeof scopes)[number];

const support = ["read", "sessions", "explain"] as const;
const moderator = [...support, "bans", "profile"] as const;

/** What each role may do. A token has its role from its making on, and never another. */
export const roles = {
  viewer: ["read"],
  support,
  moderator,
  push: ["push"],
  operator: [...moderator, "act", "import", "export", "webhooks"],
  owner: scopes,
} as const satisfies Record<string, readonly AdminScope[]>;

export type Role = keyof typeof roles;

/** The roles by name, the one with the fewest rights first. */
export const roleNames = [
  "viewer",
  "support",
  "moderator",
  "push",
  "operator",
  "owner",
] as const satisfies readonly Role[];

const granted: Record<Role, ReadonlySet<AdminScope>> = {
  viewer: new Set(roles.viewer),
  support: new Set(roles.support),
  moderator: new Set(roles.moderator),
  push: new Set(roles.push),
  operator: new Set(roles.operator),
  owner: new Set(roles.owner),
};

/** True where a role has a scope. */
export function grants(role: Role, scope: AdminScope): boolean {
  return granted[role].has(scope);
}

/** Refuses an admin token whose role has not the scope that a call needs. */
export function requireScope(role: Role, scope: AdminScope): void {
  if (grants(role, scope)) return;
  throw new Refusal(
    "forbidden",
    `this needs the scope ${scope}, which an admin token of role ${role} has not`,
  );
}
