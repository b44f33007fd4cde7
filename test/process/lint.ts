import { createConfig, lintFromString } from "@redocly/openapi-core";
import spectral from "@stoplight/spectral-core";
import rulesets from "@stoplight/spectral-rulesets";

/** What Redocly's recommended rules find in an OpenAPI document, warnings too. */
export async function findingsOfRedocly(document: string): Promise<string[]> {
  const config = await createConfig({ extends: ["recommended"] });
  const problems = await lintFromString({ source: document, absoluteRef: "/openapi.json", config });
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`);
}

/** What Spectral's rules for OpenAPI find, warnings and hints too. */
export async function findingsOfSpectral(document: string): Promise<string[]> {
  const linter = new spectral.Spectral();
  linter.setRuleset(new spectral.Ruleset(rulesets.oas, { severity: "recommended" }));
  const results = await linter.run(document);
  return results.map(({ code, message, path }) => `${code}: ${message} ${path.join("/")}`);
}
