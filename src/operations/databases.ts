import { z } from "zod";
import { integer } from "../domain/fields.ts";
import { shownInstant, shownInstantOrNone, shownInt, shownText } from "../domain/shown.ts";
import { nothing, operation } from "../http/operation.ts";
import { moveApp, readMove, stopMoving } from "../services/moving.ts";
import type { Move } from "../store/moves.ts";
import { LAST_DATABASE } from "../store/numbering.ts";

/** How long a call works at a move before it answers how far it is (ms). */
const PATIENCE = 8_000;

/** A move as on the wire. */
const AppMove = z
  .object({
    source: shownInt("the database that the app moves from: 0 for the directory, k for USERS_k", 0),
    target: shownInt("the database that it moves to", 1, 1),
    phase: z
      .enum(["closing", "copying", "waiting", "emptying", "done", "undoing", "undone"])
      .meta({ description: "what the move is about to do, or how it ended", examples: ["done"] }),
    copied: shownInt("rows copied so far", 12_000),
    started_at: shownInstant("when it was ordered"),
    closed_at: shownInstantOrNone("since when the app takes no writes; null before"),
    open_at: shownInstantOrNone("when it may take them again, once all is copied; null before"),
    opened_at: shownInstantOrNone("since when it does; null before"),
    ended_at: shownInstantOrNone("when the move was over; null before"),
    failures: shownInt(
      "how many steps failed one after another; of ten before the app stands at the target it is undone",
      0,
    ),
    fault: shownText('why the last one did; "" where none did', ""),
  })
  .meta({ id: "AppMove", description: "A move of an app from one database to another." });

const wireMove = ({ app_id: _app, id: _id, place: _place, audit_until: _until, ...shown }: Move) => shown;

const ofRoot = { tag: "administration", caller: "root", path: "/admin/app/database", data: AppMove } as const;

/** What the holder of the root key does with the database where an app stands. */
export const databases = [
  operation({
    ...ofRoot,
    id: "getMove",
    summary: "Read how far the app's move to another database is, or how its last one ended",
    methods: ["GET"],
    from: "none",
    params: nothing,
    async handle(scope) {
      return { data: wireMove(await readMove(scope)) };
    },
  }),
  operation({
    ...ofRoot,
    id: "moveApp",
    summary:
      "Move the app to another database, or go on with it: a call works for some seconds, the rest goes on without it",
    methods: ["PUT"],
    from: "json",
    params: z.object({
      database: integer(
        1,
        LAST_DATABASE,
        "the number of a bound database, higher than where the app stands",
      ).meta({ examples: [1] }),
    }),
    async handle(scope, { database }) {
      return { data: wireMove(await moveApp(scope, database, Date.now() + PATIENCE)) };
    },
  }),
  operation({
    ...ofRoot,
    id: "stopMove",
    summary:
      "Stop the app's move: it opens again where it stands. After the app stands at the target it is too late",
    methods: ["DELETE"],
    from: "none",
    params: nothing,
    async handle(scope) {
      return { data: wireMove(await stopMoving(scope, Date.now() + PATIENCE)) };
    },
  }),
];
