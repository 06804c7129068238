import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "./names.js";

const CODE = /\.(?:js|ts|py|txt)$/;
const DECLARATION = /\.d\.ts$/;

function* codeFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* codeFiles(path);
    else if (CODE.test(entry.name) && !(DECLARATION.test(entry.name) && path.includes("compiler"))) yield path;
  }
}

let known: string | undefined;

/** Names this compiler and language by their code, so that nothing built by another one counts as up to date. */
export function compilerFingerprint(): string {
  known ??= sha256(
    ["../", "../../dsl/"]
      .flatMap((folder) => [...codeFiles(fileURLToPath(new URL(folder, import.meta.url)))])
      .map((path) => sha256(readFileSync(path)))
      .join(),
  );
  return known;
}
