/** A start that cannot go on, for a reason that its reader can mend: the message is all there is to say. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
}
