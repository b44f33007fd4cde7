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
    for (const part of partNames) {
      const copy = own[part];
      if (copy === undefined) continue;
      this.#storage.sql.exec(
        "insert into copies (part, body) values (?1, ?2) on conflict (part) do update set body = ?2",
        part,
        JSON.stringify(copy),
      );
    }
    this.#remembered = { ...this.#remembered, ...own };
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
      this.put(changed.own, version);
      for (const part of parts) if (changed.own[part] === undefined) this.#resume(part);
      return changed;
    } catch (error) {
      for (const part of parts) {
        if (error instanceof Refusal) this.#resume(part);
        else this.#drop(part);
      }
      throw error;
    }
  }

  /**
   * Takes a part out of the table, for before D1 is told to change it: should the machine die before the change is known
   * here, there is no copy that it made old. Until then it is remembered as it was.
   */
  #suspend(part: OwnPart): void {
    const copy = this.#raw(part);
    if (copy === undefined) return;
    this.#storage.sql.exec("delete from copies where part = ?", part);
  }

  /** Puts a part back that was suspended and has not changed. */
  #resume(part: OwnPart): void {
    const copy = this.#remembered[part];
    if (copy) this.put({ [part]: copy }, this.#version);
  }

  /** Forgets a part of which it is not known what D1 has. */
  #drop(part: OwnPart): void {
    this.#remembered = { ...this.#remembered, [part]: null };
    this.#storage.sql.exec("delete from copies where part = ?", part);
  }

  /** Forgets all parts: others have changed what D1 has, or the user is gone. */
  forget(): void {
    this.#version++;
    this.#remembered = { profile: null, settings: null, tags: null, bound: null };
    this.#storage.sql.exec("delete from copies");
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
