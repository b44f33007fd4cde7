function canAbort(context: object): context is { abort(reason: string): void } {
  return "abort" in context && typeof context.abort === "function";
}

/**
 * Ends an invocation of the Worker, and with it the connection that it answered: the runtime keeps a socket that was
 * closed, and all that belongs to it, until the peer answers the close frame, be it never. Other invocations go on. What
 * the invocation still does is lost.
 */
export function hangUp(context: object): void {
  if (canAbort(context)) context.abort("the peer did not answer the close of its socket in time");
}
