import { z } from "zod";
import { DeviceReceipt } from "../domain/signals.ts";
import type { HubStorage } from "./storage.ts";

/** Of how many signals it is kept what became of devices. */
const KEPT = 8;

/** What became of devices when a signal was taken, for who repeats it: the table `receipts`, by epoch. */
export class Receipts {
  readonly #storage: HubStorage;

  constructor(storage: HubStorage) {
    this.#storage = storage;
  }

  /** The receipts of a signal; none where it was taken too long ago. */
  of(epoch: number): DeviceReceipt[] {
    const [row] = this.#storage.sql
      .exec<{ body: string }>("select body from receipts where epoch = ?", epoch)
      .toArray();
    return z.array(DeviceReceipt).parse(JSON.parse(row?.body ?? "[]"));
  }

  /** Keeps those of a signal, and drops those that nobody asks for any more. */
  keep(epoch: number, receipts: readonly DeviceReceipt[]): void {
    this.#storage.sql.exec(
      "delete from receipts where epoch in (select epoch from receipts order by epoch desc limit -1 offset ?)",
      KEPT - 1,
    );
    this.#storage.sql.exec(
      "insert into receipts (epoch, body) values (?, ?)",
      epoch,
      JSON.stringify(receipts),
    );
  }

  /** Forgets the receipts of a deleted user. */
  forget(): void {
    this.#storage.sql.exec("delete from receipts");
  }
}
