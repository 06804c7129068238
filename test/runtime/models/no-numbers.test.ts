/** What a program that uses the API is told of a model whose weights are damaged: the same as on the command line, not an empty answer. */

import { closeSync, openSync, writeSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { Model } from "../../../runtime/index.js";
import { openCheckpoint } from "../../../runtime/weights/index.js";
import { array, text } from "../weights/write-gguf.js";
import { tinyModels, writeGguf } from "./families/tiny-models.js";

const device = await CpuDevice.open({ threads: 1 });
afterAll(() => device.close());

/** A vocabulary as small as the model's. */
const keys = {
  "tokenizer.ggml.model": text("gpt2"),
  "tokenizer.ggml.pre": text("gpt-2"),
  "tokenizer.ggml.tokens": array("string", [..."abcdefghijklmnopqrst"]),
  "tokenizer.ggml.token_type": array("i32", Array(20).fill(1)),
  "tokenizer.ggml.merges": array("string", []),
};
const write = () => writeGguf(tinyModels.llama!, { keys });

/** A model with one weight of a tensor that is no number. */
function damaged(name: string): string {
  const path = write();
  using model = openCheckpoint(path);
  const file = openSync(path, "r+");
  writeSync(file, new Uint8Array(Float32Array.of(Number.NaN).buffer), 0, 4, model.tensor(name).offset);
  closeSync(file);
  return path;
}

const answer = async (path: string) => {
  await using model = await Model.load({ path, device });
  return await model.generateFrom([1, 2, 3], { maxTokens: 4 }).result;
};

it("the tensor at fault is named", async () => {
  await expect(answer(damaged("output_norm.weight"))).rejects.toMatchObject({
    name: "ModelError",
    code: "weights-damaged",
    message: expect.stringContaining('tensor "output_norm.weight" has weights that are no numbers'),
  });
});
