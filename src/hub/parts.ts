import { Alarm } from "./alarm.ts";
import { Attempts } from "./attempts.ts";
import { parseHubName } from "./contract.ts";
import { Endings } from "./endings.ts";
import { Entry } from "./entry.ts";
import { OwnData } from "./own.ts";
import { Pictures, endIn } from "./picture.ts";
import { Postings } from "./postings.ts";
import { Presence } from "./presence.ts";
import { PushBindings } from "./push-bindings.ts";
import { PushRoutes } from "./push-routes.ts";
import { Signals } from "./signals.ts";
import { Sockets } from "./sockets.ts";
import { HubState } from "./state.ts";
import { Watchers } from "./watchers.ts";
import { Writes } from "./writes.ts";

/** What a user's hub is made of, put together. */
export function partsOf(ctx: DurableObjectState, env: Env) {
  const owner = parseHubName(ctx.id.name);
  const alarm = new Alarm(ctx.storage);
  const later = (work: () => void) => ctx.waitUntil(scheduler.wait(0).then(work));
  const state = new HubState(ctx.storage, owner.user_id, alarm, later);
  const sockets = new Sockets(ctx);
  const endings = new Endings(state, sockets);
  const presence = new Presence(state, sockets);
  const signals = new Signals(state, sockets, endings);
  const entry = new Entry(state, { sockets, endings, signals, presence });
  const writes = new Writes(env, owner, state.generation);
  const push = new PushBindings(owner, state, { entry, writes });
  const own = new OwnData(env, owner, state, { sockets, entry, writes });
  const routes = new PushRoutes(state, { sockets, own });
  const pictures = new Pictures(env, owner, state, { sockets, entry, writes });
  const watchers = new Watchers(ctx, env, owner, pictures);
  const postings = new Postings(env, owner, state.outbox);
  const attempts = new Attempts(env, owner.app_id, state.throttle);
  state.outbox.listener = (id, event) => {
    const session = endIn(id, event);
    if (session) watchers.hasEnded(session);
  };
  const tellers = { sockets, watchers, postings };
  return {
    owner,
    alarm,
    state,
    endings,
    presence,
    signals,
    entry,
    writes,
    push,
    own,
    routes,
    pictures,
    attempts,
    ...tellers,
  };
}
