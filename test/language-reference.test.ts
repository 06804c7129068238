import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { it } from "vitest";

it("docs/reference says of each name of the language what dsl/ declares, and every name has documentation and an example", () => {
  execFileSync(process.execPath, [fileURLToPath(new URL("../scripts/reference.mjs", import.meta.url)), "--check"]);
});
