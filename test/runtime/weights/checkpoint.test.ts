/** A model by its path alone: a GGUF file, any part of a split one, a Hugging Face folder; and what is said of paths that are none. */

import { copyFileSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ModelErrorCode, openCheckpoint } from "../../../runtime/weights/index.js";
import { type Typed, text } from "./write-gguf.js";
import { folderOf, ggufModel, safetensorsFile, type Weights } from "./write-models.js";

const vector = (...values: number[]): Weights => ({ shape: [values.length], data: Float32Array.from(values) });
const u16 = (value: number): Typed => ({ type: "u16", value });
const i32 = (value: number): Typed => ({ type: "i32", value });

const fails = (path: string, code: ModelErrorCode, message: RegExp, file?: string) =>
  expect(() => openCheckpoint(path)).toThrow(
    expect.objectContaining({
      name: "ModelError",
      code,
      message: expect.stringMatching(message),
      ...(file && { file }),
    }),
  );

describe("a GGUF file", () => {
  it("gives metadata, tensors and parts of their bytes, and closes", () => {
    const folder = folderOf({
      "a.gguf": ggufModel({ "general.name": text("Tiny") }, new Map([["a", vector(1, 2, 3)]])),
    });
    const path = join(folder, "a.gguf");
    const checkpoint = openCheckpoint(path);
    if (checkpoint.kind !== "gguf") throw new Error("not a GGUF file");
    expect(checkpoint.metadata.string("general.name")).toBe("Tiny");
    const tensor = checkpoint.tensor("a");
    expect(tensor).toMatchObject({ name: "a", type: "F32", shape: [3], bytes: 12, file: path });
    expect(readFileSync(path).readFloatLE(tensor.offset + 4)).toBe(2);
    expect(new Float32Array(checkpoint.bytes(tensor, 4, 12).slice().buffer)).toEqual(Float32Array.of(2, 3));
    expect(() => checkpoint.bytes(tensor, 4, 13)).toThrow(/bytes 4 to 13 are not within tensor "a"/);
    expect(() => checkpoint.tensor("b")).toThrow(/no tensor "b"/);
    checkpoint.close();
    expect(() => checkpoint.bytes(tensor)).toThrow(/after it was closed/);
  });
});

/** A model of three parts, the first of metadata alone, as gguf-split --no-tensor-first-split writes it. `change` may change a part. */
function splitModel(
  change: (part: number, keys: Record<string, Typed>, tensors: Map<string, Weights>) => void = () => {},
) {
  const files: Record<string, Uint8Array> = {};
  for (const part of [0, 1, 2]) {
    const keys: Record<string, Typed> = { "split.no": u16(part), "split.count": u16(3), "split.tensors.count": i32(3) };
    if (part === 0) Object.assign(keys, { "general.architecture": text("llama"), "general.name": text("Split") });
    const names = [[], ["a", "b"], ["c"]][part]!;
    const tensors = new Map(names.map((name) => [name, vector(part, name.charCodeAt(0))]));
    change(part, keys, tensors);
    files[`m-0000${part + 1}-of-00003.gguf`] = ggufModel(keys, tensors);
  }
  return folderOf(files);
}
const part = (folder: string, number: number) => join(folder, `m-0000${number}-of-00003.gguf`);

describe("a split GGUF file", () => {
  it.each([1, 2, 3])("opens by part %i", (given) => {
    const folder = splitModel();
    using checkpoint = openCheckpoint(part(folder, given));
    if (checkpoint.kind !== "gguf") throw new Error("not a GGUF file");
    expect(checkpoint.metadata.string("general.name")).toBe("Split");
    expect([...checkpoint.tensors.keys()].sort()).toEqual(["a", "b", "c"]);
    const { file, offset } = checkpoint.tensor("c");
    expect(file).toBe(part(folder, 3));
    expect(readFileSync(file).readFloatLE(offset)).toBe(2);
    expect(Buffer.from(checkpoint.bytes(checkpoint.tensor("b"))).readFloatLE(4)).toBe(98);
  });

  it.each(["model.gguf\0.txt", "none/\0", "m".repeat(5000)])("cannot be at a path such as %j", (path) => {
    expect(() => openCheckpoint(path)).toThrow(
      expect.objectContaining({ name: "ModelError", code: "file-unreadable" }),
    );
  });

  it("closes all parts, and those that were open when one cannot be opened", () => {
    const folder = splitModel();
    const openDescriptors = () => readdirSync("/proc/self/fd").length;
    const before = openDescriptors();
    const checkpoint = openCheckpoint(part(folder, 2));
    expect(openDescriptors()).toBe(before + 3);
    checkpoint.close();
    expect(openDescriptors()).toBe(before);
    rmSync(part(folder, 3));
    expect(() => openCheckpoint(part(folder, 2))).toThrow(/this part of the model is missing/);
    expect(openDescriptors()).toBe(before);
  });

  it("with a part missing says which", () => {
    const folder = splitModel();
    rmSync(part(folder, 2));
    fails(part(folder, 1), "split-part", /this part of the model is missing.*same download/, part(folder, 2));
    fails(part(folder, 3), "split-part", /missing/, part(folder, 2));
  });

  it("with a part under another name says how parts are named", () => {
    const folder = splitModel();
    copyFileSync(part(folder, 2), join(folder, "model.gguf"));
    fails(join(folder, "model.gguf"), "split-part", /part 2 of 3, but its name.*NAME-00001-of-00003/);
    copyFileSync(part(folder, 2), part(folder, 1));
    fails(part(folder, 1), "split-part", /part 2 of 3, but its name/);
    fails(part(folder, 3), "split-part", /part 2, not part 1/, part(folder, 1));
  });

  it.each<[string, Parameters<typeof splitModel>[0], ModelErrorCode, RegExp]>([
    [
      "of another number of tensors",
      (number, keys) => number === 2 && Object.assign(keys, { "split.tensors.count": i32(9) }),
      "split-part",
      /part of another model than m-00001-of-00003\.gguf: of one of 3 parts and 9 tensors, not one of 3 parts and 3/,
    ],
    [
      "of another architecture",
      (number, keys) => number === 1 && Object.assign(keys, { "general.architecture": text("qwen2") }),
      "split-part",
      /general\.architecture is qwen2, not llama/,
    ],
    [
      "that has a tensor of another",
      (number, _, tensors) => number === 2 && tensors.set("a", vector(1)).delete("c"),
      "gguf-duplicate",
      /tensor "a" is here and in m-00002-of-00003\.gguf/,
    ],
    [
      "that lacks a tensor",
      (number, _, tensors) => number === 1 && tensors.delete("b"),
      "split-part",
      /the parts have 2 tensors, but the model is said to have 3/,
    ],
  ])("refuses a part %s", (_, change, code, message) => fails(part(splitModel(change), 1), code, message));
});

const weights = new Map([
  ["a", vector(1, 2)],
  ["b", vector(3)],
]);
const index = (places: Record<string, string>) => ({ metadata: {}, weight_map: places });

describe("a folder", () => {
  it("of one file", () => {
    const folder = folderOf({
      "config.json": { model_type: "llama" },
      "generation_config.json": { eos_token_id: 7 },
      "model.safetensors": safetensorsFile(weights),
    });
    using checkpoint = openCheckpoint(folder);
    if (checkpoint.kind !== "huggingface") throw new Error("not a folder");
    expect(checkpoint).toMatchObject({
      path: folder,
      config: { model_type: "llama" },
      generation: { eos_token_id: 7 },
    });
    expect(checkpoint.tensor("a")).toMatchObject({ type: "F32", shape: [2], file: join(folder, "model.safetensors") });
    expect(Buffer.from(checkpoint.bytes(checkpoint.tensor("a"), 4, 8)).readFloatLE()).toBe(2);
    expect(() => checkpoint.bytes(checkpoint.tensor("a"), 4, 9)).toThrow(/bytes 4 to 9 are not within/);
  });

  it("of shards, which may be links as in Hugging Face's cache", () => {
    const folder = folderOf({
      "config.json": {},
      "model.safetensors.index.json": index({ a: "model-1.safetensors", b: "model-2.safetensors" }),
      "blobs/one": safetensorsFile(new Map([["a", vector(1, 2)]])),
      "model-2.safetensors": safetensorsFile(new Map([["b", vector(3)]])),
    });
    symlinkSync(join("blobs", "one"), join(folder, "model-1.safetensors"));
    using checkpoint = openCheckpoint(folder);
    expect([...checkpoint.tensors.keys()]).toEqual(["a", "b"]);
    expect(checkpoint.tensor("b").file).toBe(join(folder, "model-2.safetensors"));
    expect(checkpoint).toMatchObject({ generation: {} });
  });

  it("lists tensors of types that no model has apart", () => {
    const file = safetensorsFile(new Map([["mask", vector(1)]]), "U32");
    using checkpoint = openCheckpoint(folderOf({ "config.json": {}, "model.safetensors": file }));
    expect(checkpoint.tensors.size).toBe(0);
    expect([...checkpoint.foreign]).toEqual([["mask", "U32"]]);
  });

  const config = { "config.json": {} };
  it.each<[string, Record<string, unknown>, ModelErrorCode, RegExp]>([
    ["without anything", {}, "model-folder", /has no config\.json.*Give the folder of a Hugging Face model/],
    ["of GGUF files", { "b.gguf": "", "a.gguf": "" }, "model-folder", /give the path of one, such as a\.gguf/],
    ["that is an entry of the cache", { "snapshots/x": "" }, "model-folder", /path of a folder in its snapshots/],
    ["without weights", config, "model-folder", /has neither model\.safetensors nor/],
    ["of PyTorch's files", { ...config, "pytorch_model.bin": "" }, "model-folder", /PyTorch's own format are not read/],
    ["of Mistral's own files", { ...config, "consolidated.00.safetensors": "" }, "model-folder", /Mistral's own/],
    [
      "of shards without index",
      { ...config, "model-1.safetensors": "" },
      "model-folder",
      /model\.safetensors\.index\.json as well/,
    ],
    ["with a config.json that is no JSON", { "config.json": "{" }, "json-invalid", /config\.json: is not JSON/],
    ["with a config.json that is a list", { "config.json": [] }, "json-invalid", /not an object/],
    [
      "with half a download",
      { ...config, "x.safetensors.incomplete": "" },
      "download-incomplete",
      /x\.safetensors\.incomplete: is half a download/,
    ],
    [
      "with a pointer of Git LFS",
      { ...config, "model.safetensors": "version https://git-lfs.github.com/spec/v1\noid" },
      "download-incomplete",
      /git lfs pull/,
    ],
    ["with an empty file of weights", { ...config, "model.safetensors": "" }, "file-truncated", /only 0 bytes/],
    [
      "with an index that is no JSON",
      { ...config, "model.safetensors.index.json": "" },
      "safetensors-header",
      /not an index/,
    ],
    [
      "with shards missing",
      {
        ...config,
        "model.safetensors.index.json": index({
          a: "model-1.safetensors",
          b: "model-2.safetensors",
          c: "model-3.safetensors",
        }),
        "model-1.safetensors": safetensorsFile(weights),
        ".cache/huggingface/download/abc.incomplete": "",
      },
      "download-incomplete",
      /model-2\.safetensors: this shard is missing \(and 1 more of 3 shards\); 1 downloads are unfinished/,
    ],
    [
      "with a shard that lacks a tensor",
      {
        ...config,
        "model.safetensors.index.json": index({ z: "model-1.safetensors" }),
        "model-1.safetensors": safetensorsFile(weights),
      },
      "tensor-missing",
      /"z"/,
    ],
  ])("%s", (_, files, code, message) => fails(folderOf(files), code, message));

  it("takes one file of weights before an index, as transformers does", () => {
    const folder = folderOf({
      "config.json": {},
      "model.safetensors": safetensorsFile(weights),
      "model.safetensors.index.json": index({ a: "gone.safetensors" }),
    });
    using checkpoint = openCheckpoint(folder);
    expect(checkpoint.tensors.size).toBe(2);
  });
});

describe("a path that is no model", () => {
  const folder = folderOf({
    "model.safetensors": "",
    "config.json": "{}",
    "notes.txt": "hello, this is text",
    "page.gguf": "<!DOCTYPE html>",
  });
  it.each<[string, ModelErrorCode, RegExp]>([
    ["absent", "model-missing", /no such file/],
    ["absent.gguf", "model-missing", /Check the path/],
    ["model.safetensors", "model-folder", /path of the folder/],
    ["config.json", "model-folder", /path of the folder/],
    ["notes.txt", "gguf-magic", /not a GGUF file/],
    ["page.gguf", "gguf-magic", /not a GGUF file/],
  ])("%s", (name, code, message) => fails(join(folder, name), code, message));
});
