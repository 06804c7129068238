import { createRequire } from "node:module";

/** TypeScript's own parser and checker. What Node imports, it looks through for names first, which takes a third of a second for this one. */
export const ts = load();

function load() {
  try {
    return createRequire(import.meta.url)("typescript");
  } catch (cause) {
    const message =
      "TypeScript is not where TileScript's compiler looks for it. Where a bundler has inlined this code, tell it that tilescript is external.";
    throw new Error(message, { cause });
  }
}
