#!/usr/bin/env node
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";

/*
 * The command as npm runs it, on whichever Node is there. What it does is TypeScript, which Node 24 reads as it is; an older one
 * has the Node of this package run it.
 */
const main = new URL("main.ts", import.meta.url);

if (process.features.typescript) {
  // Half of what a command takes is to read its programs; they are read once.
  nodeModule.enableCompileCache?.();
  await import(main.href);
} else {
  const node = fileURLToPath(new URL("../../node_modules/node/bin/node", import.meta.url));
  if (!existsSync(node)) {
    console.error(`warbler: Node ${process.version} is too old: run npm ci in the checkout, or take Node 24`);
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
