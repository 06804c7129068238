import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CODE = /\.(?:js|mjs|ts|py|txt)$/;
const DECLARATION = /\.d\.ts$/;

function* codeFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* codeFiles(path);
    else if (CODE.test(entry.name) && !(DECLARATION.test(entry.name) && path.includes("compiler"))) yield path;
  }
}

const folders = () => ["../", "../../dsl/"].map((folder) => fileURLToPath(new URL(folder, import.meta.url)));
const read = (path: string): string => readFileSync(path, "utf8");

let known: string | undefined;

/** Names this compiler and language by their code: part of the key of all that they make, so that nothing of another one is taken for theirs. */
export function compilerFingerprint(): string {
  known ??= createHash("sha256")
    .update(
      folders()
        .flatMap((folder) => [...codeFiles(folder)])
        .map(read)
        .join("\0"),
    )
    .digest("hex");
  return known;
}
