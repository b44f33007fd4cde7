import { afterEach, vi } from "vitest";

const realNow = Date.now.bind(Date);

/** Restores the clock after each test of the file that calls this, and returns how it is set forward (ms from now). */
export function movableClock(): (ahead: number) => void {
  afterEach(() => {
    vi.restoreAllMocks();
  });
  return (ahead) => {
    vi.spyOn(Date, "now").mockImplementation(() => realNow() + ahead);
  };
}
