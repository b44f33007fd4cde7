import type { AdminScope, OperationId } from "./types.ts";

/** How an operation is asked for, and the scope that an admin token needs; "root" where it takes the root key. */
export interface Route {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  scope: AdminScope | "root";
  /** Where its parameters go; in the query unless it is said. */
  in?: "body";
}

/** The operations that the console asks for. */
export const routes = {
  sampleConnected: { method: "GET", path: "/admin/connected", scope: "read" },
  overview: { method: "GET", path: "/admin/overview", scope: "read" },
  findUsersBy: { method: "POST", path: "/admin/users", scope: "read", in: "body" },
  readPicture: { method: "GET", path: "/admin/user", scope: "read" },
  listUsers: { method: "GET", path: "/user/list", scope: "read" },
  kick: { method: "PUT", path: "/user/kick", scope: "sessions" },
  removeDevice: { method: "DELETE", path: "/user/device/remove", scope: "sessions" },
  disableUsers: { method: "PUT", path: "/user/disable", scope: "bans", in: "body" },
  enableUsers: { method: "PUT", path: "/user/enable", scope: "bans", in: "body" },
  setPassword: { method: "POST", path: "/user/change_password_admin", scope: "act", in: "body" },
  setProfile: { method: "PUT", path: "/user/profile", scope: "profile", in: "body" },
  listBans: { method: "GET", path: "/admin/bans", scope: "read" },
  listAudit: { method: "GET", path: "/admin/audit", scope: "read" },
  importUsers: { method: "POST", path: "/admin/import", scope: "import" },
  setMobile: { method: "PUT", path: "/user/mobile", scope: "act" },
  explainToken: { method: "POST", path: "/admin/explain", scope: "explain", in: "body" },
  replayEvents: { method: "POST", path: "/admin/webhooks/replay", scope: "webhooks", in: "body" },
  listDeliveries: { method: "GET", path: "/admin/webhooks/deliveries", scope: "webhooks" },
  listDeadEvents: { method: "GET", path: "/admin/webhooks/dead", scope: "read" },
  listApps: { method: "GET", path: "/admin/apps", scope: "root" },
  createApp: { method: "POST", path: "/admin/apps", scope: "root", in: "body" },
  setApp: { method: "PUT", path: "/admin/app", scope: "root", in: "body" },
  listAdminTokens: { method: "GET", path: "/admin/tokens", scope: "root" },
  createAdminToken: { method: "POST", path: "/admin/tokens", scope: "root", in: "body" },
  revokeAdminToken: { method: "DELETE", path: "/admin/tokens", scope: "root" },
} as const satisfies Partial<Record<OperationId, Route>>;

/** An operation that the console asks for. */
export type RouteId = keyof typeof routes;
