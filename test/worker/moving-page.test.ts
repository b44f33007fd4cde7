import { describe, expect, it } from "vitest";
import page from "../../docs/moving.md?raw";
import { newApp } from "./kit/client.ts";
import { imported } from "./kit/moving-in.ts";

describe("the rows that docs/moving.md shows", () => {
  const rows = [...page.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, text = ""]) =>
    JSON.stringify(JSON.parse(text)),
  );

  it("go in as they stand there", async () => {
    expect(rows.length).toBeGreaterThanOrEqual(4);
    for (const row of rows) {
      expect(await imported(await newApp(), [row])).toMatchObject([{ result: "created", reason: "" }]);
    }
  });
});
