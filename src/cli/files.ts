import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Writes all of the bytes: the system may take less at a time. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

/** Has a rename or a new file in a folder last. */
export function syncFolderOf(path: string): void {
  // Not every system opens folders; there, nothing can be done about it.
  if (process.platform === "win32") return;
  const fd = openSync(dirname(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes a file that only its owner may read: either all of it is there afterwards, or what was there before. */
export function writePrivately(path: string, text: string): void {
  const fresh = `${path}.${process.pid}.tmp`;
  const fd = openSync(fresh, "wx", 0o600);
  try {
    writeAll(fd, Buffer.from(text));
    fsyncSync(fd);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  syncFolderOf(path);
}
