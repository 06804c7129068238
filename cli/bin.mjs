#!/usr/bin/env node
// The `tilescript` command. In a clone it first brings dist/ up to date, so that `npx tilescript …` works right after `npm ci`.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

async function bringUpToDate() {
  const { bringUpToDate } = await import("../scripts/dist.mjs");
  const { buildNative } = await import("../scripts/build-native.mjs");
  try {
    if (bringUpToDate() || !existsSync(`${root}runtime/native/build/tilescript.node`)) buildNative();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    // Someone who edits TileScript itself can go on with what the compiler wrote all the same.
    if (!existsSync(`${root}dist/cli/main.js`)) process.exit(1);
  }
}

// The tests set TILESCRIPT_AS_BUILT: they have built it, and measure.
if (existsSync(`${root}tsconfig.build.json`) && !process.env.TILESCRIPT_AS_BUILT) await bringUpToDate();
const { main } = await import("../dist/cli/main.js");
await main(process.argv.slice(2));
