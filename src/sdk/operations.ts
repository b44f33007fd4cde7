import { z } from "zod";
import { nothing, operation } from "../http/operation.ts";

const tag = "sdk";

/** What the service knows nothing of: friends, groups and settings of clients. */
const None = z.array(z.never()).length(0);

const none = { data: [] };

/** What the official SDK must have answered to sign in, and what is empty here. */
export const sdk = [
  operation({
    id: "sdkConfig",
    summary: "Settings for clients: there are none",
    tag,
    methods: ["GET"],
    path: "/app/config",
    caller: "public",
    from: "none",
    params: nothing,
    data: None,
    handle: () => none,
  }),
  operation({
    id: "listFriends",
    summary: "List the user's friends: there are none here",
    tag,
    methods: ["GET"],
    path: "/roster/list",
    caller: "session",
    from: "none",
    params: nothing,
    data: None,
    handle: () => none,
  }),
  operation({
    id: "findFriends",
    summary: "Find friends by their ids: there are none here",
    tag,
    methods: ["POST"],
    looks: true,
    path: "/roster/list",
    caller: "session",
    from: "json",
    params: z.object({
      list: z.array(z.unknown()).meta({ description: "a list of ids", examples: [[1000]] }),
    }),
    data: None,
    handle: () => none,
  }),
  operation({
    id: "listGroups",
    summary: "List the user's groups: there are none here",
    tag,
    methods: ["GET"],
    path: "/group/user_joined",
    caller: "session",
    from: "none",
    params: nothing,
    data: None,
    handle: () => none,
  }),
];
