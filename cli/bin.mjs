#!/usr/bin/env node
// The `tilescript` command. In a clone it first brings dist/ up to date, so that `npx tilescript …` works right after `npm ci`.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
if (existsSync(`${root}tsconfig.build.json`)) {
  const { bringUpToDate } = await import("../scripts/dist.mjs");
  bringUpToDate();
}
const { main } = await import("../dist/cli/main.js");
await main(process.argv.slice(2));
