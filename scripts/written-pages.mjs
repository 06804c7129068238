// Pages of the documentation that programs write from what they describe.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** A path from the repository's root. */
export const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/**
 * Writes the pages of `pages` (path → text, undefined for one that goes) that say something else. With --check nothing is written: they are named, and
 * the program fails.
 */
export function put(pages, source, program) {
  for (const [path, text] of pages) {
    const before = existsSync(at(path)) ? readFileSync(at(path), "utf8") : undefined;
    if (before === text) continue;
    if (process.argv.includes("--check")) {
      console.error(`${path} does not say what ${source} says: run node scripts/${program}.mjs`);
      process.exitCode = 1;
    } else if (text === undefined) rmSync(at(path));
    else {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), text);
    }
  }
}
