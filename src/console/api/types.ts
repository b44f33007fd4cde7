import type { z } from "zod";
import type { account } from "../../operations/account.ts";
import type { admin } from "../../operations/admin.ts";
import type { bans } from "../../operations/bans.ts";
import type { devices } from "../../operations/devices.ts";
import type { explaining } from "../../operations/explain.ts";
import type { findings } from "../../operations/finding.ts";
import type { movingIn } from "../../operations/moving-in.ts";
import type { overview } from "../../operations/overview.ts";
import type { profile } from "../../operations/profile.ts";
import type { records } from "../../operations/records.ts";
import type { users } from "../../operations/users.ts";
import type { webhooks } from "../../operations/webhooks.ts";

export type { EndedSession, Picture } from "../../domain/picture.ts";
export type { WatchFrame } from "../../protocol/watch.ts";
export type { AdminScope, Role } from "../../domain/roles.ts";

type Declared = (
  | typeof account
  | typeof admin
  | typeof bans
  | typeof devices
  | typeof explaining
  | typeof findings
  | typeof movingIn
  | typeof overview
  | typeof profile
  | typeof records
  | typeof users
  | typeof webhooks
)[number];

/** An operation of the service, by its id. */
export type OperationId = Declared["id"];

type Types<I extends OperationId> = NonNullable<Extract<Declared, { id: I }>["types"]>;

/** What an operation is sent. */
export type Input<I extends OperationId> = z.input<Types<I>["params"]>;

/** The `data` of what an operation answers. */
export type Data<I extends OperationId> = z.output<Types<I>["data"]>;

/** What an operation answers: its `data`, and what stands beside it. */
export type Answer<I extends OperationId> = { data: Data<I> } & z.output<Types<I>["beside"]>;
