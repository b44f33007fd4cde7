import {
  type Message,
  deviceCloses,
  deviceMessages,
  watchCloses,
  watchMessages,
} from "../protocol/messages.ts";
import { SUBPROTOCOL, TOKEN_PREFIX } from "../protocol/upgrade.ts";
import type { Operation } from "./operation.ts";
import { type Json, Schemas, part } from "./schemas.ts";

function shown({ payload, examples, close, ...message }: Message, schemas: Schemas): Json {
  const code = close === undefined ? {} : { "x-close-code": close };
  return { ...message, payload: schemas.of(payload), examples, ...code };
}

/** How a socket of an operation is opened. */
function bindingsOf({ params, id }: Operation, schemas: Schemas): Json {
  const asText = { type: "string", pattern: "^[A-Za-z0-9_-]{1,64}$" };
  const appId = { ...asText, description: "the app, for a browser, which cannot set the header" };
  const userId = { type: "integer", minimum: 1, description: "whom to watch, where the header does not say" };
  const properties = part(schemas.of(params), "properties");
  const isWatch = id === "watchUser";
  return {
    ws: {
      method: "GET",
      query: {
        type: "object",
        properties: { app_id: appId, ...(isWatch && { user_id: userId }), ...properties },
      },
      headers: {
        type: "object",
        properties: {
          app_id: { ...asText, description: "the app; or in the query" },
          "access-token": {
            type: "string",
            description: `${isWatch ? "an admin token" : "the session's token"}; or as a subprotocol`,
          },
          ...(isWatch && { user_id: { ...userId, description: "whom to watch; or in the query" } }),
          "Sec-WebSocket-Protocol": {
            type: "string",
            pattern: `(^|, *)${SUBPROTOCOL.replace(".", "\\.")}( *,|$)`,
            description: `for a browser: ${SUBPROTOCOL} and, beside it, ${TOKEN_PREFIX} and the token. The answer names ${SUBPROTOCOL} alone`,
            examples: [`${SUBPROTOCOL}, ${TOKEN_PREFIX}wu_…`],
          },
        },
      },
      bindingVersion: "0.1.0",
    },
  };
}

const reference = (...names: string[]) => ({ $ref: `#/${names.join("/")}` });

function channel(
  operation: Operation,
  about: { title: string; description: string },
  messages: Record<string, Message>,
  schemas: Schemas,
) {
  return {
    address: operation.path,
    summary: operation.summary,
    ...about,
    servers: [reference("servers", "here")],
    messages: Object.fromEntries(
      Object.keys(messages).map((name) => [name, reference("components", "messages", name)]),
    ),
    bindings: bindingsOf(operation, schemas),
    "x-subprotocols": [SUBPROTOCOL],
    "x-close-codes": operation.id === "watchUser" ? watchCloses : deviceCloses,
  };
}

const via = (name: string, ...messages: string[]) => ({
  channel: reference("channels", name),
  messages: messages.map((message) => reference("channels", name, "messages", message)),
});

const beat = (name: string, description: string) => ({
  action: "receive",
  title: "Ping",
  summary: "the text ping, and its answer",
  description,
  ...via(name, "ping"),
  reply: via(name, "pong"),
});

/**
 * The AsyncAPI 3 document of the sockets that `operations` open, from what src/protocol declares, but for `servers`: where it
 * is read is known when it is. See `servedFrom`.
 */
export function asyncapi(operations: readonly Operation[]): Json {
  const find = (id: string) => {
    const found = operations.find((operation) => operation.id === id && operation.socket);
    if (!found) throw new Error(`no socket is opened by ${id}`);
    return found;
  };
  const schemas = new Schemas("draft-7");
  return {
    asyncapi: "3.1.0",
    id: "urn:warbler:sockets",
    info: {
      title: "Warbler sockets",
      version: "1",
      description:
        "What a signed-in device hears of its session, and what staff hear who watch a user. What they call is at /openapi.json.",
      tags: [{ name: "devices" }, { name: "users" }],
    },
    defaultContentType: "application/json",
    channels: {
      device: channel(
        find("connect"),
        {
          title: "The device's socket",
          description:
            "JSON text frames: the welcome, then notices. A token that is no good is told by a close right behind the upgrade; any other refusal is an answer in the envelope of the API, without a socket.",
        },
        deviceMessages,
        schemas,
      ),
      watch: channel(
        find("watchUser"),
        {
          title: "A user as watched by staff",
          description:
            "JSON text frames: the picture, then what changes of it. A token that is no good is told by a close right behind the upgrade; any other refusal is an answer in the envelope of the API, without a socket.",
        },
        watchMessages,
        schemas,
      ),
    },
    operations: {
      beat: beat(
        "device",
        "Every 30 s: a socket that is not heard of for 95 s is closed with 1001. Any other frame ends it with 4400.",
      ),
      greet: {
        action: "send",
        title: "Welcome",
        summary: "the first frame",
        description: "Once, when the device is taken in.",
        ...via("device", "welcome"),
      },
      notify: {
        action: "send",
        title: "Notices",
        summary: "what happens to the session, or to the user",
        description:
          'Pass over an `event` that you do not know. One that ends the socket has `"retry": false` and is followed by its close.',
        ...via(
          "device",
          ...Object.keys(deviceMessages).filter((name) => !["ping", "pong", "welcome"].includes(name)),
        ),
      },
      beatOfWatch: beat(
        "watch",
        "Every 30 s: a watch that is not heard of for 95 s is closed with 1001 when there is something to show. Any other frame ends it with 4400.",
      ),
      show: {
        action: "send",
        title: "What is watched",
        summary: "the picture, then what changes of it",
        description: "Parts are sent whole, as they are then.",
        ...via("watch", ...Object.keys(watchMessages).filter((name) => name.startsWith("watch"))),
      },
    },
    components: {
      messages: Object.fromEntries(
        Object.entries({ ...deviceMessages, ...watchMessages }).map(([name, message]) => [
          name,
          shown(message, schemas),
        ]),
      ),
      schemas: schemas.named,
      securitySchemes: {
        token: { type: "httpApiKey", in: "header", name: "access-token", description: "the token" },
        subprotocol: {
          type: "httpApiKey",
          in: "header",
          name: "Sec-WebSocket-Protocol",
          description: `for a browser: "${SUBPROTOCOL}, ${TOKEN_PREFIX}<token>"`,
        },
      },
    },
  };
}

/** The document as it is read at an address: the sockets are there too. */
export function servedFrom(document: Json, { host, protocol }: URL): Json {
  const here = {
    host,
    protocol: protocol === "https:" ? "wss" : "ws",
    description: "where this document was read",
    security: ["token", "subprotocol"].map((name) => reference("components", "securitySchemes", name)),
  };
  return { ...document, servers: { here } };
}
