import { Refusal } from "../domain/reasons.ts";
import { openDatabase } from "../store/apps.ts";
import { type Database, DatabaseFault } from "../store/database.ts";
import { nextGeneration, requireGeneration } from "../store/generations.ts";
import type { Owner } from "../store/own.ts";
import type { HubState } from "./state.ts";

/** How many writes of one user may wait for D1, and how many more where an admin is among those who write. */
const MOST = 100;
const MORE = 20;

/** After how long without a read or write of D1 the hub brings its tables up to date (ms). */
const LULL = 250;

/** Too much waits already. It is told as what passes, and is not tried again at once. */
class Overloaded extends Error {
  readonly overloaded = true;

  constructor() {
    super("too many writes of the user wait");
    this.name = "Overloaded";
  }
}

/** Who reads or writes: what users have made wait keeps no admin out. */
interface Waiting {
  isAdmin: boolean;
}

/**
 * What one hub does at D1, one thing after another: no write overtakes another, and what is read has none half, whatever else
 * the hub does meanwhile. Nor is anything read or written after a write of which nobody knows what has become: the next
 * generation begins first, and with it what is still on its way comes to nothing.
 */
export class Writes {
  readonly #env: Env;
  readonly #owner: Owner;
  readonly #state: HubState;
  readonly #background: (work: Promise<unknown>) => void;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #writing = 0;
  /** How many turns there were. */
  #turns = 0;
  #isLullAwaited = false;

  /** `background` lets work go on that nobody waits for. */
  constructor(env: Env, owner: Owner, state: HubState, background: (work: Promise<unknown>) => void) {
    this.#env = env;
    this.#owner = owner;
    this.#state = state;
    this.#background = background;
  }

  /** Writes when its turn comes; throws `Overloaded` where too much waits. */
  async inTurn<T>(who: Waiting, write: () => Promise<T>): Promise<T> {
    this.#writing++;
    try {
      return await this.#queue(write, who);
    } finally {
      this.#writing--;
    }
  }

  /** Reads when its turn comes, as it writes. */
  async between<T>(read: () => Promise<T>): Promise<T> {
    return await this.#queue(read, { isAdmin: true });
  }

  /**
   * Sends, in its turn, what writes to D1. It is not sent a second time but where D1 has said that this hub is of an older
   * generation and has written nothing: then in the next one. Refuses where there is no such user. The database is guarded; what
   * asks for the generation itself is told it.
   */
  async send<T>(write: (db: Database, generation: number) => Promise<T>): Promise<T> {
    const db = await this.#open();
    try {
      return await this.#sendOnce(db, write);
    } catch (error) {
      if (!(error instanceof DatabaseFault && error.isOvertaken)) throw error;
      if (!(await this.#beginNext(db))) throw new Refusal("user_unknown");
      return await this.#sendOnce(db, write);
    }
  }

  async #sendOnce<T>(db: Database, write: (db: Database, generation: number) => Promise<T>): Promise<T> {
    const { number, isUnderWay } = this.#state.generation;
    this.#state.generation.begin();
    try {
      const written = await write(db.guardedBy(requireGeneration(db, this.#owner, number)), number);
      this.#state.generation.end();
      return written;
    } catch (error) {
      const isKnown =
        error instanceof Refusal || (error instanceof DatabaseFault && (error.isRefusal || error.isClosed));
      // A closed app takes nothing of what was under way before either; but it may be opened again.
      if (isKnown && !isUnderWay) this.#state.generation.end();
      throw error;
    }
  }

  async #queue<T>(work: () => Promise<T>, { isAdmin }: Waiting): Promise<T> {
    if (this.#waiting >= MOST + (isAdmin ? MORE : 0)) throw new Overloaded();
    this.#waiting++;
    this.#turns++;
    const turn = this.#last
      .then(async () => {
        await this.#recover();
        return await work();
      })
      .finally(() => this.#waiting--);
    this.#last = turn.catch(() => undefined);
    if (!this.#isLullAwaited) this.#background(this.#awaitLull());
    return await turn;
  }

  /** Has the tables brought up to date when no turn has come for a while: once, and not by each of many. */
  async #awaitLull(): Promise<void> {
    this.#isLullAwaited = true;
    let turns: number;
    do {
      turns = this.#turns;
      await scheduler.wait(LULL);
    } while (this.#waiting > 0 || this.#turns > turns);
    this.#isLullAwaited = false;
    this.#state.rest();
  }

  /** Has nothing be under way any more that an earlier turn, or a machine that died, has lost sight of. */
  async #recover(): Promise<void> {
    if (!this.#state.generation.isUnderWay) return;
    try {
      await this.#beginNext(await this.#open());
    } catch (error) {
      // While the app is moved D1 takes nothing that is under way.
      if (!(error instanceof DatabaseFault && error.isClosed)) throw error;
    }
  }

  /** Begins the next generation; false where there is no such user. */
  async #beginNext(db: Database): Promise<boolean> {
    const number = await nextGeneration(db, this.#owner);
    this.#state.generation.next(number ?? 0);
    return number !== undefined;
  }

  async #open(): Promise<Database> {
    return await openDatabase(this.#env, this.#owner.app_id);
  }

  /** Returns when what is to be written now is written, or is known not to be; or after so many ms. */
  async quiet(patience: number): Promise<void> {
    if (this.#writing === 0) {
      if (!this.#state.generation.isUnderWay) return;
      void this.between(async () => undefined).catch(() => undefined);
    }
    const late = new AbortController();
    const timeout = scheduler.wait(patience, { signal: late.signal }).catch(() => undefined);
    await Promise.race([this.#last, timeout]);
    late.abort();
  }
}
