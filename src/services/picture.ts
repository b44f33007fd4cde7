import type { Pictured } from "../hub/picture.ts";
import type { EndsPage } from "../store/picture.ts";
import type { Scope } from "./scope.ts";

/** Reads all that is known of the subject, and a page of the ends of the subject's sessions: the subject's hub puts it together. */
export async function readPicture(scope: Scope, page: EndsPage): Promise<Pictured> {
  const { acting } = scope;
  return await scope.hub(scope.subject).ask((hub) => hub.picture(acting, page));
}
