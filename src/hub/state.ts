import type { Alarm } from "./alarm.ts";
import { Answers } from "./answers.ts";
import { Copies } from "./copies.ts";
import { Counts } from "./counts.ts";
import { Devices, type Later } from "./devices.ts";
import { type Dues, findDues } from "./dues.ts";
import { Ended } from "./ended.ts";
import { Outbox } from "./outbox.ts";
import { Receipts } from "./receipts.ts";
import { Releases } from "./releases.ts";
import { Sessions } from "./sessions.ts";
import { Generation } from "./generation.ts";
import { HubStorage } from "./storage.ts";
import { Throttle } from "./throttle.ts";
import { User } from "./user.ts";

/** The lasting part of a user's hub, by subject. Only the subjects see its SQL. */
export class HubState {
  readonly #storage: HubStorage;
  readonly user: User;
  readonly devices: Devices;
  readonly sessions: Sessions;
  readonly releases: Releases;
  readonly receipts: Receipts;
  readonly answers: Answers;
  readonly throttle: Throttle;
  readonly copies: Copies;
  readonly generation: Generation;
  readonly counts: Counts;
  readonly outbox: Outbox;
  readonly ended: Ended;

  constructor(storage: DurableObjectStorage, userId: number, alarm: Alarm, later: Later) {
    this.#storage = new HubStorage(storage);
    this.user = new User(this.#storage, userId);
    this.devices = new Devices(this.#storage, this.user, later);
    this.sessions = new Sessions(this.#storage);
    this.releases = new Releases(this.#storage, this.devices);
    this.receipts = new Receipts(this.#storage);
    this.answers = new Answers(this.#storage);
    this.throttle = new Throttle(this.#storage);
    this.copies = new Copies(this.#storage, this.releases);
    this.ended = new Ended(this.#storage);
    this.counts = new Counts(this.#storage);
    this.generation = new Generation(this.#storage);
    this.outbox = new Outbox(this.#storage, alarm);
  }

  /** True where the hub has never known anything. */
  get isBlank(): boolean {
    return this.#storage.isBlank;
  }

  /** What time and debt will ask of the hub, in one look. */
  dues(): Dues {
    return findDues(this.#storage);
  }

  /** Brings the tables up to date with what may be lost with the machine; for where no write has come for a while. */
  rest(): void {
    for (const subject of [this.generation, this.copies, this.answers]) subject.rest();
  }

  /** Forgets all of a deleted user but that there was one, and the events that D1 is owed of it. */
  bury(epoch: number): void {
    const { devices, sessions, releases, receipts, answers, throttle, copies, counts, generation, ended } =
      this;
    const subjects = [
      devices,
      sessions,
      releases,
      receipts,
      answers,
      throttle,
      copies,
      counts,
      generation,
      ended,
    ];
    for (const subject of subjects) subject.forget();
    this.user.forget(epoch);
  }

  /** Leaves nothing behind, not even the tables. */
  async wipe(): Promise<void> {
    await this.#storage.wipe();
  }
}
