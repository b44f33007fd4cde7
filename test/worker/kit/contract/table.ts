import { z } from "zod";
import type { Level } from "../../../../src/http/operation.ts";
import * as wire from "../../../wire.ts";
import * as staff from "../../../wire-staff.ts";

/** One operation of the specification: its methods in the order written there, and what its `data` is. */
export interface Row {
  methods: string;
  path: string;
  caller: Level;
  data: z.ZodType;
}

function row(methods: string, path: string, caller: Level, data: z.ZodType = wire.True): Row {
  return { methods, path, caller, data };
}

/** The numbered table of the specification, row by row. */
export const numbered: readonly Row[] = [
  row("POST", "/user/register/v2", "public", wire.Settings),
  row("POST", "/user/register/batch", "admin", z.array(wire.RegisteredRow)),
  row("POST DELETE", "/user/delete", "user"),
  row("POST PUT", "/user/username", "user"),
  row("POST", "/user/change_password", "user"),
  row("POST PUT", "/user/avatar", "user"),
  row("POST PUT", "/user/avatar/batch", "admin", z.array(wire.ChangedRow)),
  row("POST PUT", "/user/nickname", "user"),
  row("POST PUT", "/user/mobile", "user"),
  row("POST PUT", "/user/public", "user"),
  row("POST PUT", "/user/private", "user"),
  row("POST PUT", "/user/download", "user"),
  row("POST PUT", "/user/authmode", "user"),
  row("POST PUT", "/user/profile", "user"),
  row("POST PUT", "/user/profile/batch", "admin", z.array(wire.ChangedRow)),
  row("GET", "/user/profile", "user", wire.Profile),
  row("POST PUT", "/user/settings", "user"),
  row("GET", "/user/settings", "user", wire.Settings),
  row("PUT", "/user/disable", "admin"),
  row("PUT", "/user/enable", "admin"),
  row("GET", "/user/device/list", "user", z.array(wire.Device)),
  row("POST DELETE", "/user/device/remove", "user"),
  row("POST PUT", "/user/kick", "user"),
  row("POST", "/user/register/push", "public", wire.Settings),
  row("POST PUT", "/user/token/bind", "user"),
  row("POST DELETE", "/user/token/unbind", "user"),
  row("POST", "/user/push/alias", "user"),
  row("POST", "/user/push/tag", "user"),
  row("DELETE", "/user/push/tag", "user"),
  row("DELETE", "/user/push/tag/all", "user"),
  row("GET", "/user/push/tag", "user", wire.Tags),
  row("POST", "/user/push/badge", "user"),
  row("POST PUT", "/user/push/limit", "user"),
  row("POST PUT", "/user/push/nickname", "user"),
  row("POST PUT", "/user/sounds", "user"),
  row("POST PUT", "/user/vibratory", "user"),
  row("POST PUT", "/user/push", "user"),
  row("POST PUT", "/user/push/detail", "user"),
  row("GET", "/user/list", "admin", z.array(wire.ListedUser)),
];

/** What the table takes for granted, what reads back what it sets, and the administration. */
export const unnumbered: readonly Row[] = [
  row("POST", "/token/user", "public", wire.Token),
  row("POST", "/token/id", "public", wire.Token),
  row("POST", "/token/login", "public", wire.Token),
  row("POST", "/token/logout", "session"),
  row("GET", "/user/online_status", "user", wire.Online),
  row("POST", "/user/change_password_admin", "admin for user"),
  row("GET", "/user/device/connect", "session"),
  row("GET", "/user/push/alias", "user", wire.PushAlias),
  row("GET", "/user/push/badge", "user", wire.Badge),
  row("POST PUT", "/user/push/snooze", "user"),
  row("POST PUT", "/user/push/device", "user"),
  row("POST", "/admin/push/route", "admin", z.array(wire.PushRoute)),
  row("GET", "/admin/apps", "root", z.array(wire.App)),
  row("POST", "/admin/apps", "root", wire.App),
  row("GET", "/admin/app", "root", wire.App),
  row("PUT", "/admin/app", "root", wire.App),
  row("GET", "/admin/app/database", "root", wire.AppMove),
  row("PUT", "/admin/app/database", "root", wire.AppMove),
  row("DELETE", "/admin/app/database", "root", wire.AppMove),
  row("GET", "/admin/tokens", "root", z.array(wire.AdminToken)),
  row("POST", "/admin/tokens", "root", wire.NewAdminToken),
  row("DELETE", "/admin/tokens", "root"),
  row("PUT", "/admin/groups", "root or admin"),
  row("DELETE", "/admin/groups", "root or admin"),
];

/** What the service has beyond the specification. */
export const further: readonly Row[] = [
  row("GET", "/user/device/policy", "user", wire.Placement),
  row("POST", "/admin/push/feedback", "admin", z.array(wire.FeedbackRow)),
  row("POST", "/admin/import", "admin", z.array(wire.ImportedRow)),
  row("GET", "/admin/export", "admin", wire.Nothing),
  row("GET", "/admin/overview", "admin", wire.Overview),
  row("GET", "/admin/connected", "admin", wire.Connected),
  row("GET", "/admin/bans", "admin", z.array(wire.Ban)),
  row("GET", "/admin/audit", "admin", z.array(wire.AuditRecord)),
  row("GET", "/admin/explain", "root or admin", wire.Explanation),
  row("POST", "/admin/explain", "root or admin", wire.Explanation),
  row("GET", "/admin/webhooks/dead", "admin", z.array(wire.DeadEvent)),
  row("GET", "/admin/users", "admin", z.array(staff.FoundUser)),
  row("POST", "/admin/users", "admin", z.array(staff.FoundUser)),
  row("GET", "/admin/user", "admin for user", staff.Picture),
  row("GET", "/admin/user/watch", "admin for user"),
  row("GET", "/admin/webhooks/deliveries", "admin", z.array(staff.Delivery)),
  row("POST", "/admin/webhooks/replay", "admin", z.array(z.string())),
  row("GET", "/app/config", "public", wire.Nothing),
  row("GET", "/roster/list", "session", wire.Nothing),
  row("POST", "/roster/list", "session", wire.Nothing),
  row("GET", "/group/user_joined", "session", wire.Nothing),
];

/** The row of an operation, by one of its methods and its path. */
export function rowOf(method: string, path: string): Row {
  const found = [...numbered, ...unnumbered, ...further].find(
    (row) => row.path === path && row.methods.split(" ").includes(method),
  );
  if (!found) throw new Error(`the specification has no ${method} ${path}`);
  return found;
}
