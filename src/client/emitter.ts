/** Listeners by the name of what they hear. */
type Listeners<Events> = { [Name in keyof Events]?: Set<{ hear: (event: Events[Name]) => void }> };

/** Tells listeners of events by name. */
export class Emitter<Events> {
  readonly #listeners: Listeners<Events> = {};
  readonly #later: (run: () => void) => void;

  /** `later` runs a function in a turn of its own. */
  constructor(later: (run: () => void) => void) {
    this.#later = later;
  }

  /** Adds a listener; the function returned takes it off. One that is added twice hears twice. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const entry = { hear: listener };
    const known = (this.#listeners[name] ??= new Set());
    known.add(entry);
    return () => {
      known.delete(entry);
    };
  }

  /**
   * Tells those who listen now. What a listener throws is thrown again in a turn of its own, as an error that nobody
   * caught: the others still hear.
   */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const entry of Array.from(this.#listeners[name] ?? [])) {
      try {
        entry.hear(event);
      } catch (error) {
        this.#later(() => {
          throw error;
        });
      }
    }
  }
}
