import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { it } from "vitest";

it("docs/errors.md says of each code what the catalogue says", () => {
  execFileSync(process.execPath, [fileURLToPath(new URL("../scripts/error-pages.mjs", import.meta.url)), "--check"]);
});
