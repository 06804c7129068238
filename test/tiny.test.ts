/** TileScript on one page: a kernel is written, checked, compiled for a GPU and run on the CPU; then a language model answers. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, check } from "tilescript/compiler";
import { Device, download, Model, upload } from "tilescript/runtime";
import { expect, test } from "vitest";
import { tinyModels, writeGguf } from "./runtime/models/families/tiny-models.js";
import { array, text } from "./runtime/weights/write-gguf.js";
import { temporaryFolder } from "./temporary-folder.js";

/** Each program makes a softmax of one row: exp(x − max) / sum. */
const SOFTMAX = `
import { arange, type Const, exp, type Int, kernel, load, max, type Ptr, programId, store, sum } from "tilescript";

export const softmax = kernel(
  ({ x, out, columns, BLOCK }: { x: Ptr<"f32">; out: Ptr<"f32">; columns: Int; BLOCK: Const<"BLOCK"> }) => {
    const at = arange(0, BLOCK);
    const mask = at < columns;
    const start = programId(0) * columns;
    const row = load(x + start + at, { mask, other: -Infinity });
    const weights = exp(row - max(row));
    store(out + start + at, weights / sum(weights), { mask });
  },
  { builds: [{ constants: { BLOCK: 64 } }] },
);
`;

/** The same in plain TypeScript. */
function softmaxOf(row: readonly number[]): number[] {
  const weights = row.map((x) => Math.exp(x - Math.max(...row)));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

test("a kernel of TypeScript becomes a cubin, and computes on the CPU what TypeScript does", async () => {
  const folder = temporaryFolder("tiny");
  const file = join(folder, "softmax.kernel.ts");
  writeFileSync(file, SOFTMAX);
  expect(check([file]).diagnostics).toEqual([]);

  // Through Triton to machine code for sm_90, with the IR that the CPU executor runs.
  const bundle = join(folder, "bundle");
  await build({ files: [file], arch: [90], out: bundle });
  expect(readFileSync(join(bundle, "softmax.triton.py"), "utf8")).toContain("weights = tl.exp(row - tl.max(row))");
  const cubin = readdirSync(bundle).find((name) => name.endsWith(".cubin"))!;
  expect(readFileSync(join(bundle, cubin)).subarray(1, 4).toString()).toBe("ELF");

  using device = await Device.open({ prefer: "cpu" });
  const softmax = (await device.load(bundle)).kernel("softmax");
  const rows = [0, 1, 2].map((row) => Array.from({ length: 50 }, (_, column) => Math.sin(row * 50 + column) * 5));
  const [x, out] = [await upload(device, Float32Array.from(rows.flat())), device.alloc(150 * 4)];
  softmax.launch([rows.length], { x, out, columns: 50, BLOCK: 64 });
  const computed = await download(out, new Float32Array(150));
  for (const [index, want] of rows.flatMap(softmaxOf).entries()) expect(computed[index]).toBeCloseTo(want, 6);
});

test("a model of random weights answers, and the same each time", async () => {
  const path = writeGguf(tinyModels.llama!, {
    keys: {
      "tokenizer.ggml.model": text("gpt2"),
      "tokenizer.ggml.pre": text("gpt-2"),
      "tokenizer.ggml.tokens": array("string", [..."abcdefghijklmnopqrst"]),
      "tokenizer.ggml.token_type": array("i32", Array(20).fill(1)),
      "tokenizer.ggml.merges": array("string", []),
    },
  });
  await using model = await Model.load({ path, device: "cpu" });
  const answer = () => model.generateFrom([4, 5, 6], { maxTokens: 6, temperature: 0 }).result;
  const first = await answer();
  expect(first.tokens).toHaveLength(6);
  expect(first.text).toMatch(/^[a-t]+$/);
  expect((await answer()).tokens).toEqual(first.tokens);
});
