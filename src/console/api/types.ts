import type { UserOperations } from "../../client/generated/operations.ts";
import type {
  AdminOperations,
  RootOperations,
  SharedOperations,
  SubjectOperations,
} from "../../server/generated/operations.ts";
import type { RouteId } from "./routes.ts";

export type { EndedSession, Picture } from "../../domain/picture.ts";
export type { WatchFrame } from "../../protocol/watch.ts";
export type { AdminScope, Role } from "../../domain/roles.ts";

type Operations = UserOperations & AdminOperations & SubjectOperations & RootOperations & SharedOperations;

/** What an operation is sent. */
export type Input<I extends RouteId> = Operations[I]["params"];

/** What an operation answers: its `data`, and what stands beside it. */
export type Answer<I extends RouteId> = Operations[I]["answer"];

/** The `data` of what an operation answers. */
export type Data<I extends RouteId> = Answer<I>["data"];
