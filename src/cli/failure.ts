/** What the command exits with. */
export const exits = { done: 0, refused: 1, wrongWords: 2, partly: 3 } as const;

/** How it exits where not all is done. */
export type FailureExit = 1 | 2 | 3;

/** An end that its reader can do something about: the message says what, and is all there is to say. */
export class Failure extends Error {
  override readonly name: string = "Failure";
  readonly exit: FailureExit;

  constructor(message: string, exit: FailureExit = exits.refused) {
    super(message);
    this.exit = exit;
  }
}

/** Words that the command does not understand, or a file that is not what it has to be. */
export class WrongWords extends Failure {
  override readonly name = "WrongWords";

  constructor(message: string) {
    super(message, exits.wrongWords);
  }
}

/** What a system call failed with, such as `ENOENT`; "" where an error is none of the system's. */
export function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

const systemReasons: Record<string, string> = {
  ENOENT: "there is no such file or folder",
  EACCES: "you may not",
  EPERM: "you may not",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is no folder",
  ENOSPC: "the disk is full",
  EDQUOT: "your share of the disk is used up",
  EFBIG: "it may not become as large as that here",
  EROFS: "the disk can only be read",
  EMFILE: "too many files are open",
  EIO: "the disk failed",
};

/** Why a file could not be read or written, in words. */
export function whyOf(error: unknown): string {
  const code = systemCode(error);
  const message = error instanceof Error ? error.message : String(error);
  return systemReasons[code] ?? (code === "" ? message : `${message} (${code})`);
}
