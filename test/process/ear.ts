import type { DeviceClient, DeviceEvents } from "../../src/client/index.ts";

/** How long an event is waited for (ms). */
const PATIENCE = 20_000;

/** What a client tells under one name, each to be waited for. */
export class Ear<Event> {
  readonly #name: string;
  readonly #heard: Event[] = [];
  #wake: (() => void) | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  readonly hear = (event: Event): void => {
    this.#heard.push(event);
    this.#wake?.();
  };

  /** The next event; fails where none comes. */
  async next(): Promise<Event> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, fail) => {
      timer = setTimeout(() => fail(new Error(`no ${this.#name} was heard`)), PATIENCE);
    });
    try {
      for (;;) {
        const event = this.#heard.shift();
        if (event !== undefined) return event;
        const change = new Promise<void>((wake) => {
          this.#wake = wake;
        });
        await Promise.race([change, deadline]);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Listens to what a client tells under a name. */
export function earOf<Name extends keyof DeviceEvents>(
  client: DeviceClient,
  name: Name,
): Ear<DeviceEvents[Name]> {
  const ear = new Ear<DeviceEvents[Name]>(name);
  client.on(name, ear.hear);
  return ear;
}
