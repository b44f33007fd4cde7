/** What cannot go on, for a reason that its reader can mend: the message is all there is to say. */
export class Failure extends Error {
  override readonly name = "Failure";
}
