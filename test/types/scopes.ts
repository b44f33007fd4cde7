import { Done, done, nothing, operation } from "../../src/http/operation.ts";

const rest = {
  id: "example",
  summary: "An example",
  tag: "example",
  methods: ["GET"],
  path: "/example",
  from: "none",
  params: nothing,
  data: Done,
  handle: () => done,
} as const;

/** What `tsc` must refuse: an operation that takes admin tokens and does not say what they must be allowed to do. */
export const unscoped = [
  operation({ ...rest, caller: "admin", scope: "read" }),
  operation({ ...rest, caller: "public" }),
  operation({ ...rest, caller: "session" }),

  // @ts-expect-error -- no scope
  operation({ ...rest, caller: "admin" }),
  // @ts-expect-error -- no scope
  operation({ ...rest, caller: "user" }),
  // @ts-expect-error -- no scope
  operation({ ...rest, caller: "admin for user" }),
  // @ts-expect-error -- no scope
  operation({ ...rest, caller: "root or admin" }),
  // @ts-expect-error -- a scope that there is not
  operation({ ...rest, caller: "admin", scope: "everything" }),
  // @ts-expect-error -- a scope where no admin token is taken
  operation({ ...rest, caller: "session", scope: "read" }),
];
