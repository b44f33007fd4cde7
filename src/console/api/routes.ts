import { userRoutes } from "../../client/generated/operations.ts";
import { adminRoutes, rootRoutes, sharedRoutes, subjectRoutes } from "../../server/generated/operations.ts";

/** How each operation is asked for that an admin or who holds the root key may call. */
export const routes = { ...userRoutes, ...adminRoutes, ...subjectRoutes, ...rootRoutes, ...sharedRoutes };

/** An operation that the console can ask for. */
export type RouteId = keyof typeof routes;
