import { app } from "./app.ts";
import { sweep } from "./sweep.ts";

export { UserHub } from "./hub/user-hub.ts";

export default {
  fetch: app.fetch,
  async scheduled(controller, env) {
    await sweep(env, controller.scheduledTime);
  },
} satisfies ExportedHandler<Env>;
