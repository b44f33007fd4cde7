/**
 * A place in a stack, as function and line, without the directories of the machine that built it: where the stack begins,
 * or so many frames further out.
 */
export function placeIn(stack: string | undefined, outwards = 0): string | undefined {
  const frames = stack?.split("\n").filter((line) => /^\s*at /.test(line));
  return frames?.[outwards]?.trim().replace(/(?<=\(|^at (?:async )?)[^(]*[/\\]/, "");
}
