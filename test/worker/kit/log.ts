import { vi } from "vitest";
import { z } from "zod";

const RequestLine = z.object({
  request_id: z.string(),
  operation: z.string(),
  app: z.string().optional(),
  caller: z.string(),
  subject: z.int().optional(),
  code: z.int(),
  ms: z.number(),
  trips: z.object({ d1: z.int(), hub: z.int(), kv: z.int() }),
});

/** What is logged while some work is done: as texts, and as the request lines that they must all be. */
export async function logged(work: () => Promise<unknown>) {
  const texts: string[] = [];
  const spies = (["log", "error", "warn", "info", "debug"] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => {
      texts.push(parts.map(String).join(" "));
    }),
  );
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return {
    texts,
    // Read where they are asked for: what an alarm of another test's hub logs meanwhile is none of them.
    get lines() {
      return texts.map((text) => RequestLine.parse(JSON.parse(text)));
    },
  };
}
