import { pushKeyOfDevice } from "../domain/bindings.ts";
import { type Own, type OwnPart, ownParts } from "../domain/own.ts";
import { Refusal } from "../domain/reasons.ts";
import type { Owed, Releases } from "./releases.ts";
import type { HubStorage } from "./storage.ts";

const partNames: readonly OwnPart[] = ["profile", "settings", "tags", "bound"];

/** What is remembered of a part: its copy, or null where it is known that there is none in the table. */
type Remembered = { [Part in OwnPart]?: Own[Part] | null };

/**
 * The hub's copy of what D1 has of the user: the table `copies`, a row for each part. D1 stays what is true: a copy that is not
 * there is made anew. But a push token whose release D1 is owed is nobody's any more: no reader is shown it.
 */
export class Copies {
  readonly #storage: HubStorage;
  readonly #releases: Releases;
  #remembered: Remembered = {};
  /** The parts that D1 was told to change and that are still to be put into the table again, at the next `rest`. */
  readonly #resting = new Set<OwnPart>();
  #version = 0;

  constructor(storage: HubStorage, releases: Releases) {
    this.#storage = storage;
    this.#releases = releases;
  }

  /** Grows whenever what D1 has was changed by others: what was read before is not to be kept. */
  get version(): number {
    return this.#version;
  }

  /** A part, as it is to be seen; undefined where there is no copy of it. */
  get<Part extends OwnPart>(part: Part): Own[Part] | undefined {
    const copy = this.#raw(part);
    return copy === undefined ? undefined : this.shown(part, copy);
  }

  /** A part that D1 has, without the push tokens that it is still to release. */
  shown<Part extends OwnPart>(part: Part, copy: Own[Part]): Own[Part] {
    return this.#releases.isOwing ? without[part](copy, this.#releases.owed()) : copy;
  }

  #raw<Part extends OwnPart>(part: Part): Own[Part] | undefined {
    const known = this.#remembered[part];
    if (known !== undefined) return known ?? undefined;
    const [row] = this.#storage.sql
      .exec<{ body: string }>("select body from copies where part = ?", part)
      .toArray();
    const copy = row === undefined ? null : (readers[part](JSON.parse(row.body)) ?? null);
    this.#remembered = { ...this.#remembered, [part]: copy };
    return copy ?? undefined;
  }

  /** Keeps parts as D1 has them, unless it was changed by others since `version`. */
  put(own: Partial<Own>, version: number): void {
    if (version !== this.#version) return;
    this.#remembered = { ...this.#remembered, ...own };
    for (const part of partNames) if (own[part] !== undefined) this.#write(part);
  }

  #write(part: OwnPart): void {
    this.#resting.delete(part);
    const copy = this.#remembered[part];
    if (!copy) return;
    this.#storage.sql.exec(
      "insert into copies (part, body) values (?1, ?2) on conflict (part) do update set body = ?2",
      part,
      JSON.stringify(copy),
    );
  }

  /** Brings the table up to date, where no change has come for a while. */
  rest(): void {
    for (const part of this.#resting) this.#write(part);
  }

  /**
   * Has D1 change parts, and keeps what the change says they are by then; one that it says nothing of is as it was. A `Refusal`
   * has changed nothing; of all else that fails it is not known what D1 has.
   */
  async during<T extends { own: Partial<Own> }>(
    parts: readonly OwnPart[],
    change: () => Promise<T>,
  ): Promise<T> {
    const version = this.#version;
    for (const part of parts) this.#suspend(part);
    try {
      const changed = await change();
      if (version !== this.#version) return changed;
      this.#remembered = { ...this.#remembered, ...changed.own };
      for (const part of partNames) if (changed.own[part] !== undefined) this.#resting.add(part);
      return changed;
    } catch (error) {
      if (!(error instanceof Refusal)) for (const part of parts) this.#drop(part);
      throw error;
    }
  }

  /**
   * Takes a part out of the table, for before D1 is told to change it: should the machine die before the change is known
   * here, there is no copy that it made old. Until then it is remembered as it was. It is put back by `rest`, and not by each
   * change of many.
   */
  #suspend(part: OwnPart): void {
    if (this.#resting.has(part) || this.#raw(part) === undefined) return;
    this.#storage.sql.exec("delete from copies where part = ?", part);
    this.#resting.add(part);
  }

  /** Forgets a part of which it is not known what D1 has. */
  #drop(part: OwnPart): void {
    this.#remembered = { ...this.#remembered, [part]: null };
    this.#storage.sql.exec("delete from copies where part = ?", part);
    this.#resting.delete(part);
  }

  /** Forgets all parts: others have changed what D1 has, or the user is gone. */
  forget(): void {
    this.#version++;
    this.#remembered = { profile: null, settings: null, tags: null, bound: null };
    this.#storage.sql.exec("delete from copies");
    this.#resting.clear();
  }
}

type Without = { [Part in OwnPart]: (copy: Own[Part], owed: Owed) => Own[Part] };

/** Each part without the push tokens whose releases are owed. */
const without: Without = {
  profile: (profile) => profile,
  settings: (settings, { sessions, devices }) => {
    const key = settings.binding?.session ?? null;
    const isOwed = key !== null && (sessions.includes(key) || devices.map(pushKeyOfDevice).includes(key));
    return isOwed ? { ...settings, push_token: null, binding: null } : settings;
  },
  tags: (tags) => tags,
  bound: (bound, { devices }) => bound.filter(({ device_sn }) => !devices.includes(device_sn)),
};

/** How each part is read. What another release has written otherwise is no copy. */
const readers: { [Part in OwnPart]: (body: unknown) => Own[Part] | undefined } = {
  profile: (body) => ownParts.profile.safeParse(body).data,
  settings: (body) => ownParts.settings.safeParse(body).data,
  tags: (body) => ownParts.tags.safeParse(body).data,
  bound: (body) => ownParts.bound.safeParse(body).data,
};
