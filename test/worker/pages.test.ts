import { describe, expect, it } from "vitest";
import settings from "../../wrangler.toml?raw";
import { apiPage } from "../../scripts/pages/api.ts";
import { limitsPage } from "../../scripts/pages/limits.ts";
import { operations } from "../../src/operations/index.ts";

/** `npm run pages` runs this with `-u`, which writes the pages; without it a page that is behind fails. */
describe("a page that is made says what serves", () => {
  it("docs/api.md: every operation as declared", async () => {
    await expect(apiPage(operations)).toMatchFileSnapshot("../../docs/api.md");
  });

  it("docs/limits.md: every limit as enforced", async () => {
    await expect(limitsPage(operations, settings)).toMatchFileSnapshot("../../docs/limits.md");
  });
});
