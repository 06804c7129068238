import { join } from "node:path";
import { expect, test } from "vitest";
import { build } from "../../../compiler/build/index.js";
import { root } from "../../built-cli.js";
import { expectGolden } from "../../golden.js";
import { temporaryFolder } from "../../temporary-folder.js";

/** What any change of the compiler's text or of a register allocation would change: hashes, sizes and counts stay out of golden files. */
const VOLATILE = new Set(["sha256", "bytes", "registers", "sharedBytes", "code"]);

const stable = (key: string, value: unknown): unknown => {
  if (VOLATILE.has(key)) return `(${key})`;
  return key === "path" ? String(value).replace(/[0-9a-f]{12}/, "(hash)") : value;
};

test.each(["vector-add", "flash-attention"])("the manifest of %s for sm_80 and sm_90", async (name) => {
  const out = join(temporaryFolder("manifest"), "bundle");
  const { manifest } = await build({ files: [join(root, `examples/${name}.kernel.ts`)], arch: [90, 80], out });
  expectGolden(new URL(`golden/${name}.manifest.json`, import.meta.url), `${JSON.stringify(manifest, stable, 2)}\n`);
  expect(manifest.kernels).toHaveLength(1);
});
