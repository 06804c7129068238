/** Files that cannot be run and devices that are too small: one clear error at once, before anything is on the device. */

import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { Model } from "../../../runtime/models/model.js";
import type { ModelErrorCode } from "../../../runtime/weights/index.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { array, type Typed, text, u32 } from "../weights/write-gguf.js";
import { type Changes, tinyModels, V, writeFolder, writeGguf } from "./families/tiny-models.js";

const llama = tinyModels.llama!;
let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1 });
});
afterAll(() => device.close());

const letters = (count: number) => Array.from({ length: count }, (_, i) => `t${i}`);
/** What a tokenizer needs beside its tokens. */
const tokenizer = (tokens = V): Record<string, Typed> => ({
  "tokenizer.ggml.model": text("gpt2"),
  "tokenizer.ggml.pre": text("gpt-2"),
  "tokenizer.ggml.tokens": array("string", letters(tokens)),
  "tokenizer.ggml.token_type": array("i32", Array(tokens).fill(1)),
  "tokenizer.ggml.merges": array("string", []),
});
const gguf = (changes: Changes<Typed> = {}) =>
  writeGguf(llama, { ...changes, keys: { ...tokenizer(), ...changes.keys } });

/** A copy of a file that lacks its last bytes. */
function cut(path: string, bytes: number): string {
  truncateSync(path, readFileSync(path).byteLength - bytes);
  return path;
}

function folderWithout(name: string): string {
  const folder = writeFolder(llama);
  rmSync(join(folder, name), { force: true });
  return folder;
}

/** The first of three parts of a file, alone. */
function lonelyPart(): string {
  const whole = gguf({ keys: { "split.no": u32(0), "split.count": u32(3), "split.tensors.count": u32(60) } });
  const part = join(temporaryFolder("split"), "tiny-00001-of-00003.gguf");
  copyFileSync(whole, part);
  return part;
}

function shortShard(): string {
  const folder = writeFolder(llama);
  cut(join(folder, "model.safetensors"), 100);
  return folder;
}

function brokenConfig(): string {
  const folder = writeFolder(llama);
  writeFileSync(join(folder, "config.json"), '{"architectures": ["Llama');
  return folder;
}

type Row = [what: string, path: () => string, code: ModelErrorCode, message: RegExp];

it.each<Row>([
  ["a path where nothing is", () => "/nowhere/model.gguf", "model-missing", /\/nowhere\/model\.gguf/],
  [
    "an unknown architecture",
    () => gguf({ keys: { "general.architecture": text("rwkv7") } }),
    "architecture-unsupported",
    /"rwkv7"/,
  ],
  [
    "a tensor of another shape",
    () => gguf({ tensors: { "blk.0.attn_k.weight": [2, 16] } }),
    "tensor-shape",
    /blk\.0\.attn_k\.weight/,
  ],
  [
    "a missing tensor",
    () => gguf({ tensors: { "blk.1.ffn_down.weight": undefined } }),
    "tensor-missing",
    /blk\.1\.ffn_down\.weight/,
  ],
  ["a folder without a tokenizer", () => writeFolder(llama), "tokenizer-missing", /tokenizer/],
  [
    "a folder without config.json",
    () => folderWithout("config.json"),
    "model-folder",
    /no config\.json\. Give the folder/,
  ],
  ["a folder without weights", () => folderWithout("model.safetensors"), "model-folder", /neither model\.safetensors/],
  ["a config.json that ends early", brokenConfig, "json-invalid", /config\.json/],
  ["half a GGUF file", () => cut(gguf(), 1000), "gguf-tensor-range", /the file ends at/],
  ["half a safetensors file", shortShard, "safetensors-tensor", /takes bytes/],
  ["a split of which parts are missing", lonelyPart, "split-part", /00002-of-00003.*missing/],
  [
    "more tokens than the embedding has rows",
    () => gguf({ keys: tokenizer(V + 1) }),
    "metadata-value",
    /21 tokens, but 20 rows/,
  ],
  [
    "a file without a tokenizer",
    () => gguf({ keys: { "tokenizer.ggml.model": undefined } }),
    "metadata-missing",
    /tokenizer/,
  ],
])("%s", async (_, make, code, message) => {
  const path = make();
  const before = device.memory().free;
  const alloc = vi.spyOn(device, "alloc");
  const error = await Model.load({ path, device }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ name: "ModelError", code, message: expect.stringMatching(message) });
  expect(alloc).not.toHaveBeenCalled();
  alloc.mockRestore();
  expect(device.memory().free).toBe(before);
});

it.each<[what: string, template: string | undefined, code: ModelErrorCode]>([
  ["no chat template", undefined, "chat-template-missing"],
  ["one that is no Jinja", "{% for %}", "chat-template-invalid"],
  ["one of 300,000 characters", "x".repeat(300_000), "chat-template-limit"],
])("%s, where one is needed, before the device is asked for anything", async (_, template, code) => {
  const keys = template === undefined ? {} : { "tokenizer.chat_template": text(template) };
  const untouchable = new Proxy(device, {
    get: () => {
      throw new Error("the device was asked for something");
    },
  });
  await expect(Model.load({ path: gguf({ keys }), device: untouchable, chat: true })).rejects.toMatchObject({ code });
});

it("a chat template that cannot be used does not keep anybody from continuing plain tokens", async () => {
  using model = await Model.load({ path: gguf({ keys: { "tokenizer.chat_template": text("{% for %}") } }), device });
  expect((await model.generateFrom([1, 2, 3], { maxTokens: 2 }).result).stopReason).toMatch(/maxTokens|end/);
  await expect(model.generate("Hi").result).rejects.toMatchObject({ code: "chat-template-invalid" });
});

it("a model larger than the device says how much is missing and what would fit", async () => {
  const path = gguf();
  const memory = vi.spyOn(device, "memory").mockReturnValue({ total: 4096, free: 4096 });
  const error = await Model.load({ path, device }).catch((caught: unknown) => caught);
  memory.mockRestore();
  expect(error).toMatchObject({
    code: "model-too-large",
    message: expect.stringMatching(/: \d+ bytes are missing.*would fit/s),
  });
});

it("stops between any two bytes of weights, and leaves nothing", async () => {
  const path = gguf();
  const before = device.memory().free;
  const controller = new AbortController();
  const loading = Model.load({
    ...{ path, device, signal: controller.signal },
    onProgress: (step) => step === "Uploading weights" && controller.abort(new Error("enough")),
  });
  await expect(loading).rejects.toThrow("enough");
  await device.synchronize();
  expect(device.memory().free).toBe(before);
});
