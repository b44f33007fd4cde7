/** The value that a share `q` of the sorted ones does not exceed; NaN of none. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.floor((sorted.length - 1) * q)] ?? Number.NaN;
}

/** A field of an answer, as text; throws where it is missing. */
export function fieldOf(data: unknown, name: string): string {
  if (typeof data !== "object" || data === null || !(name in data)) throw new Error(`no ${name}`);
  return String(Reflect.get(data, name));
}
