/** Makes something of each that it is asked for, once: those of one name are the same. */
export function onceEach<Of, Made>(
  nameOf: (of: Of) => unknown,
  make: (of: Of) => Promise<Made>,
): (of: Of) => Promise<Made> {
  const made = new Map<unknown, Promise<Made>>();
  return (of) => {
    const name = nameOf(of);
    const one = made.get(name) ?? make(of);
    made.set(name, one);
    return one;
  };
}

/** Makes something where it is first asked for. */
export function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  return () => (made ??= make());
}
