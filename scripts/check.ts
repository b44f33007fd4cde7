import { spawnSync } from "node:child_process";

/** `npm run check`: all that must hold before a change is taken. Stops at the first step that fails. */
const steps: [name: string, command: string, ...args: string[]][] = [
  ["format", "oxfmt", "--check"],
  ["lint", "oxlint", "--type-aware", "--deny-warnings"],
  ["bindings' types", "npm", "run", "--silent", "types", "--", "--check"],
  ["migrations", "node", "scripts/check-migrations.ts"],
  ["generated messages", "node", "scripts/check-proto.ts"],
  ["types", "tsc"],
  ["console's types", "tsc", "-p", "src/console"],
  ["tests", "npm", "test"],
];

for (const [name, command, ...args] of steps) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(command, args, {
    stdio: "inherit",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
  if (status !== 0) {
    console.error(`\n${name} failed`);
    process.exit(status ?? 1);
  }
}
