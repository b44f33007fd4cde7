import type { Operation } from "../http/operation.ts";
import { account } from "./account.ts";
import { admin } from "./admin.ts";
import { bans } from "./bans.ts";
import { connect } from "./connect.ts";
import { explaining } from "./explain.ts";
import { feedback } from "./feedback.ts";
import { databases } from "./databases.ts";
import { findings } from "./finding.ts";
import { devices } from "./devices.ts";
import { movingIn } from "./moving-in.ts";
import { overview } from "./overview.ts";
import { profile } from "./profile.ts";
import { push } from "./push.ts";
import { pushRoutes } from "./push-routes.ts";
import { records } from "./records.ts";
import { sdk } from "../sdk/operations.ts";
import { settings } from "./settings.ts";
import { tokens } from "./tokens.ts";
import { users } from "./users.ts";
import { webhooks } from "./webhooks.ts";

const all = [
  ...account,
  ...tokens,
  ...profile,
  ...settings,
  ...push,
  ...pushRoutes,
  ...feedback,
  ...devices,
  connect,
  ...users,
  ...findings,
  ...admin,
  ...overview,
  ...databases,
  ...movingIn,
  ...bans,
  ...records,
  ...explaining,
  ...webhooks,
  ...sdk,
];

/** The whole API, by subject. */
export const operations: readonly Operation[] = all;

/** The types of its declarations, each by itself: what callers in TypeScript are typed by. */
export type Operations = (typeof all)[number];
