import { z } from "zod";
import { RegisteredRow, Settings } from "../wire.ts";
import { type Account, type Calls, type Chance, CutOff, tokenOf } from "./crash-kit.ts";
import { password } from "./kit.ts";

/** The call that the end of the machine cut off: it is wholly there or wholly not. */
export type Cut =
  | { what: "register"; names: readonly string[] }
  | { what: "disable" | "enable"; accounts: Account[]; note: string }
  | { what: "kick"; account: Account }
  | { what: "sign in" };

const Rows = z.array(RegisteredRow);

/** A caller with users of its own, one call at a time; it knows what each answer promised. */
export class Lane {
  readonly accounts: Account[] = [];
  cut: Cut | undefined;
  readonly #calls: Calls;
  readonly #chance: Chance;
  readonly #name: string;
  #made = 0;

  constructor(calls: Calls, chance: Chance, name: string) {
    this.#calls = calls;
    this.#chance = chance;
    this.#name = name;
  }

  /** Registers users and signs each in on two devices. */
  async begin(users: number): Promise<void> {
    for (let user = 0; user < users; user++) await this.#register().run();
    for (const account of this.accounts) {
      await this.#signIn(account).run();
      await this.#signIn(account).run();
    }
  }

  /** Calls until the machine ends; `calling` is told of every call before it is made. Throws where an answer is wrong. */
  async run(calling: (what: Cut["what"]) => void): Promise<void> {
    for (;;) {
      const next = this.#next();
      this.cut = next.cut;
      calling(next.cut.what);
      try {
        await next.run();
      } catch (error) {
        if (!(error instanceof CutOff)) throw error;
        this.#calls.cutOff++;
        return;
      }
      this.cut = undefined;
      this.#calls.answered++;
    }
  }

  #next(): { cut: Cut; run: () => Promise<void> } {
    const normal = this.accounts.filter((account) => !account.disabled);
    const account = this.#chance.one(normal);
    const drawn = this.#chance.next();
    if (drawn < 0.2) return this.#register();
    if (drawn < 0.3) return this.#registerBatch();
    if (drawn < 0.55) return this.#disable();
    if (drawn < 0.75 || !account) return this.#enable();
    return account.live.length > 0 && drawn < 0.87 ? this.#kick(account) : this.#signIn(account);
  }

  #newName(): string {
    return `${this.#name}_${++this.#made}`;
  }

  #register() {
    const username = this.#newName();
    const run = async () => {
      const answer = await this.#calls.call("POST", "/user/register/v2", undefined, { username, password });
      this.#add(username, Settings.parse(must(answer, "register")).user_id);
    };
    return { cut: { what: "register", names: [username] } as const, run };
  }

  #registerBatch() {
    const names = [this.#newName(), this.#newName()];
    const run = async () => {
      const list = names.map((username) => ({ username, password }));
      const answer = await this.#calls.asAdmin("POST", "/user/register/batch", { list });
      const rows = Rows.parse(must(answer, "register a batch"));
      if (!rows.every((row) => row.success)) throw new Error("a row of a batch failed");
      for (const row of rows) this.#add(row.username, row.user_id);
    };
    return { cut: { what: "register", names } as const, run };
  }

  #add(name: string, id: number): void {
    this.accounts.push({ id, name, disabled: false, live: [], dead: [] });
  }

  #disable() {
    const accounts = this.#chance.some(this.accounts);
    const note = this.#newName();
    const run = async () => {
      const list = accounts.map((account) => account.id);
      must(await this.#calls.asAdmin("PUT", "/user/disable", { list, note }), "disable", true);
      for (const account of accounts) end(account, true);
    };
    return { cut: { what: "disable", accounts, note } as const, run };
  }

  #enable() {
    const accounts = this.#chance.some(this.accounts);
    const run = async () => {
      const list = accounts.map((account) => account.id);
      must(await this.#calls.asAdmin("PUT", "/user/enable", { list }), "enable", true);
      for (const account of accounts) account.disabled = false;
    };
    return { cut: { what: "enable", accounts, note: "" } as const, run };
  }

  #kick(account: Account) {
    const run = async () => {
      must(await this.#calls.asAdmin("POST", "/user/kick", {}, account.id), "kick", true);
      end(account, false);
    };
    return { cut: { what: "kick", account } as const, run };
  }

  #signIn(account: Account) {
    const run = async () => {
      account.live.push(tokenOf(await this.#calls.signIn(account.name, this.#newName())));
    };
    return { cut: { what: "sign in" } as const, run };
  }
}

/** Every session of an account is over. */
export function end(account: Account, disabled: boolean): void {
  account.dead.push(...account.live.splice(0));
  account.disabled = disabled;
}

function must(answer: { code: number; message: string; data: unknown }, what: string, data?: true): unknown {
  if (answer.code !== 200) throw new Error(`${what}: ${answer.code} ${answer.message}`);
  if (data && answer.data !== data) throw new Error(`${what}: its data is ${JSON.stringify(answer.data)}`);
  return answer.data;
}
