import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { it } from "vitest";

it("the README's tables come from bench/results", () => {
  execFileSync(process.execPath, [fileURLToPath(new URL("../scripts/readme-tables.mjs", import.meta.url)), "--check"]);
});
