import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { wrongSettings } from "../../src/platform/settings.ts";
import { StartFailure } from "./failure.ts";

const secrets = ".dev.vars";

/** The port to serve on: PORT of the environment, else 8787. Refuses what is none. */
export function portOf({ PORT }: NodeJS.ProcessEnv): number {
  if (PORT === undefined) return 8787;
  const port = /^[0-9]{1,5}$/.test(PORT) ? Number(PORT) : 0;
  if (port < 1 || port > 65_535) throw new StartFailure("PORT must be a whole number of 1–65535.");
  return port;
}

/**
 * Checks all that the Worker would find set, and returns the root key: that which is set, or one that is made and kept in
 * .dev.vars. Refuses wrong settings, each by its name and what it may be.
 */
export async function checkSettings(): Promise<string> {
  const read = await reader();
  if ((read()["ROOT_KEY"] ?? "") === "") addSecret("ROOT_KEY", randomBytes(32).toString("base64url"));
  const found = read();
  const wrong = wrongSettings(found);
  const key = found["ROOT_KEY"];
  if (typeof key !== "string" || !/^[!-~]([ -~]*[!-~])?$/.test(key)) {
    wrong.push(
      "ROOT_KEY must be of printable ASCII characters with no space at an end, as a header carries it",
    );
  }
  if (typeof key === "string" && wrong.length === 0) return key;
  throw new StartFailure(wrong.map((sentence) => `${sentence}.`).join("\n"));
}

/** Wrangler's own reading of wrangler.toml, .dev.vars and, where there is none, .env and the environment. */
async function reader(): Promise<() => Record<string, unknown>> {
  const { unstable_readConfig: readConfig, unstable_getVarsForDev: variables } = await import("wrangler");
  const config = readConfig({ config: "wrangler.toml" }, { hideWarnings: true });
  return () => {
    const found = variables(config.configPath, undefined, config.vars, undefined, true, config.secrets);
    return Object.fromEntries(
      Object.entries(found).map(([name, variable]) => [
        name,
        "value" in variable ? variable.value : undefined,
      ]),
    );
  };
}

function addSecret(name: string, value: string): void {
  const text = existsSync(secrets) ? readFileSync(secrets, "utf8") : "";
  const before = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  writeFileSync(secrets, `${before}${name}="${value}"\n`, { mode: 0o600 });
}
