import { app } from "./app.ts";
import { consumeParcels, parcelQueues } from "./services/hub-events.ts";
import { consumeEvents } from "./services/webhooks.ts";
import { sweep } from "./sweep.ts";

export { UserHub } from "./hub/user-hub.ts";

export default {
  fetch: app.fetch,
  async scheduled(controller, env) {
    await sweep(env, controller.scheduledTime);
  },
  async queue(batch, env) {
    const isOfHubs = Object.values(parcelQueues).includes(batch.queue);
    await (isOfHubs ? consumeParcels : consumeEvents)(batch, env, Date.now());
  },
} satisfies ExportedHandler<Env>;
