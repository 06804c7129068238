/** A damaged model is told of before any kernel is built for it. */

import { truncateSync } from "node:fs";
import { beforeEach, expect, it, vi } from "vitest";
import { loadModel } from "../../cli/generate/load-model.js";
import { tinyModels, writeGguf } from "../runtime/models/families/tiny-models.js";
import { text } from "../runtime/weights/write-gguf.js";

const build = vi.hoisted(() => vi.fn());
// As in a clone whose kernels have changed.
vi.mock("../../compiler/build/index.js", () => ({ build, keptBundle: () => undefined, dropBundle: () => undefined }));

beforeEach(() => {
  build.mockReset().mockRejectedValue(new Error("a build was started"));
});

const llama = tinyModels.llama!;

it.each<[what: string, path: () => string, message: RegExp]>([
  ["that is not there", () => "/nowhere/model.gguf", /there is no such file/],
  ["that is a folder of something else", () => "/dev", /Hugging Face/],
  ["that is no regular file", () => "/dev/zero", /not a regular file/],
  ["that is cut short", () => cutShort(writeGguf(llama)), /the file ends at/],
  ["without a tokenizer", () => writeGguf(llama), /tokenizer/],
  [
    "of another family",
    () => writeGguf(llama, { keys: { "general.architecture": text("rwkv7") } }),
    /architecture "rwkv7"/,
  ],
])("%s", async (_, path, message) => {
  await expect(loadModel({ model: path(), device: "cpu", chat: true })).rejects.toThrow(message);
  expect(build).not.toHaveBeenCalled();
});

function cutShort(path: string): string {
  truncateSync(path, 4000);
  return path;
}
