/** What a GGUF file gives back, mapped or read, and how each kind of damage is reported. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type GgufMetadata, ModelError, type OpenGgufOptions, openGguf } from "../../../runtime/weights/index.js";
import { array, bool, f32, type GgufSpec, ggufBytes, temporaryFile, text, u32 } from "./write-gguf.js";

const small: GgufSpec = {
  metadata: [
    ["general.architecture", text("llama")],
    ["llama.block_count", u32(2)],
    ["llama.eps", f32(0.5)],
    ["flag", bool(true)],
    ["big", { type: "u64", value: 2n ** 60n }],
    ["wide", { type: "u64", value: 77n }],
    ["negative", { type: "i64", value: -3n }],
    ["words", array("string", ["a", "Ġé", "", "🙂"])],
    ["ids", array("i32", [1, -2, 3])],
    ["longs", array("u64", [1n, 2n ** 60n])],
    ["nested", array("array", [array("u8", [1, 2]), array("string", ["x"])])],
  ],
  tensors: [
    { name: "a", type: 0, dims: [3, 2], offset: 0 },
    { name: "b", type: 3, dims: [32], offset: 32 },
  ],
  data: Uint8Array.from({ length: 52 }, (_, i) => i),
};

const open = (spec: GgufSpec, path = temporaryFile(ggufBytes(spec))) => openGguf(path);
const mapFile = (path: string) => Uint8Array.from(readFileSync(path)).buffer;

describe.each<[string, OpenGgufOptions]>([
  ["read", {}],
  ["in memory", { mapFile }],
])("a file that is %s", (_, options) => {
  it("gives tensors with row-major shapes and their bytes", () => {
    const file = openGguf(temporaryFile(ggufBytes(small)), options);
    expect(file.tensor("a")).toMatchObject({ type: "F32", shape: [2, 3], bytes: 24 });
    expect([...file.bytes(file.tensor("b"))]).toEqual(Array.from({ length: 20 }, (_, i) => 32 + i));
    expect([...file.bytes(file.tensor("b"), 4, 6)]).toEqual([36, 37]);
    expect(() => file.bytes(file.tensor("b"), 4, 21)).toThrow(ModelError);
    expect(() => file.tensor("c")).toThrow(/no tensor "c"/);
  });

  it("gives metadata by type", () => {
    const { metadata } = openGguf(temporaryFile(ggufBytes(small)), options);
    expect(metadata.size).toBe(11);
    expect(metadata.string("general.architecture")).toBe("llama");
    expect(metadata.count("llama.block_count")).toBe(2);
    expect(metadata.number("llama.eps")).toBe(0.5);
    expect(metadata.boolean("flag")).toBe(true);
    expect([metadata.get("big"), metadata.get("wide"), metadata.get("negative")]).toEqual([2n ** 60n, 77, -3]);
    expect(metadata.strings("words")).toEqual(["a", "Ġé", "", "🙂"]);
    expect(metadata.numbers("ids")).toEqual([1, -2, 3]);
    expect(metadata.count("absent", 5)).toBe(5);
  });

  it("refuses use after it was closed, but keeps its metadata", () => {
    const file = openGguf(temporaryFile(ggufBytes(small)), options);
    file[Symbol.dispose]();
    file.close();
    expect(file.metadata.strings("words")).toEqual(["a", "Ġé", "", "🙂"]);
    expect(file.metadata.numbers("ids")).toEqual([1, -2, 3]);
    expect(() => file.bytes(file.tensor("a"))).toThrow(/after it was closed/);
  });
});

it("gives views without copying where the file is in memory", () => {
  const whole = Uint8Array.from(ggufBytes(small)).buffer;
  const file = openGguf("in-memory.gguf", { mapFile: () => whole });
  expect(file.bytes(file.tensor("a")).buffer).toBe(whole);
});

it("reads version 2, and alignments other than 32", () => {
  expect(open({ ...small, version: 2 }).version).toBe(2);
  const file = open({
    ...small,
    metadata: [["general.alignment", u32(64)]],
    alignment: 64,
    tensors: [{ name: "a", type: 0, dims: [4], offset: 64 }],
    data: new Uint8Array(80).fill(7, 64),
  });
  expect([...file.bytes(file.tensor("a"))]).toEqual(Array(16).fill(7));
});

it("reads a vocabulary larger than one window of the header", () => {
  const words = Array.from({ length: 100_000 }, (_, i) => `token number ${i}`);
  expect(open({ metadata: [["words", array("string", words)]] }).metadata.strings("words")).toEqual(words);
});

const wrongGetters: [string, (metadata: GgufMetadata) => unknown, string][] = [
  ["a missing key", (m) => m.string("none"), "metadata-missing"],
  ["a missing array", (m) => m.strings("none"), "metadata-missing"],
  ["a string for a number", (m) => m.number("general.architecture"), "metadata-type"],
  ["a number for a string", (m) => m.string("flag"), "metadata-type"],
  ["a fraction for a count", (m) => m.count("llama.eps"), "metadata-type"],
  ["a negative count", (m) => m.count("negative"), "metadata-type"],
  ["a scalar for an array", (m) => m.strings("flag"), "metadata-type"],
  ["numbers for strings", (m) => m.strings("ids"), "metadata-type"],
  ["strings for numbers", (m) => m.numbers("words"), "metadata-type"],
  ["integers beyond 2^53", (m) => m.numbers("longs"), "metadata-type"],
];

it.each(wrongGetters)("names key and types for %s", (_, get, code) => {
  const { metadata } = open(small);
  expect(() => get(metadata)).toThrow(expect.objectContaining({ name: "ModelError", code, file: metadata.file }));
});

const tensor = (change: object): GgufSpec => ({ ...small, tensors: [{ ...small.tensors![0]!, ...change }] });
const deep = (depth: number) => {
  let value = array("u8", [1]);
  for (let i = 1; i < depth; i++) value = array("array", [value]);
  return value;
};

const damaged: [string, GgufSpec | Buffer, string, RegExp?][] = [
  ["an empty file", Buffer.alloc(0), "file-truncated"],
  ["another magic", { ...small, magic: "GGML" }, "gguf-magic", /starts with "GGML"/],
  ["a Git LFS pointer", Buffer.from("version https://git-lfs.github.com/spec/v1"), "gguf-magic", /git lfs pull/],
  ["version 1", { ...small, version: 1 }, "gguf-version", /version 1/],
  ["version 4", { ...small, version: 4 }, "gguf-version"],
  ["a big-endian file", { ...small, version: 3 << 24 }, "gguf-endian", /gguf-convert-endian/],
  ["more tensors than fit", { ...small, tensorCount: 100_000 }, "file-truncated", /100000 tensors do not fit/],
  ["absurdly many tensors", { ...small, tensorCount: 2 ** 40 }, "gguf-limit"],
  ["a tensor count beyond 2^53", { ...small, tensorCount: 2n ** 63n }, "gguf-limit"],
  ["absurdly many keys", { ...small, keyCount: 2 ** 33 }, "gguf-limit"],
  ["more keys than there are", { ...small, keyCount: 12 }, "gguf-limit"],
  [
    "a key twice",
    {
      metadata: [
        ["k", u32(1)],
        ["k", u32(2)],
      ],
    },
    "gguf-duplicate",
    /"k" twice/,
  ],
  ["a boolean of 2", { metadata: [["k", { type: "bool", value: 2 }]] }, "gguf-value", /boolean is 2/],
  ["arrays nested too deep", { metadata: [["k", deep(5)]] }, "gguf-limit", /deep/],
  ["an alignment of 0", { metadata: [["general.alignment", u32(0)]] }, "gguf-value"],
  ["an alignment of 48", { metadata: [["general.alignment", u32(48)]] }, "gguf-value", /power of two/],
  ["an alignment of 2^31", { metadata: [["general.alignment", u32(2 ** 31)]] }, "gguf-value"],
  [
    "a tensor twice",
    { ...small, tensors: [small.tensors![0]!, { ...small.tensors![1]!, name: "a" }] },
    "gguf-duplicate",
  ],
  ["an unknown ggml type", tensor({ type: 99 }), "gguf-type", /unknown ggml type 99/],
  ["five dimensions", tensor({ dims: [1, 1, 1, 1, 1] }), "gguf-limit"],
  ["an empty dimension", tensor({ dims: [0] }), "gguf-value"],
  ["a size that overflows", tensor({ dims: [2 ** 30, 2 ** 30, 2 ** 30] }), "gguf-limit"],
  ["a dimension beyond 2^53", tensor({ dims: [2n ** 62n] }), "gguf-limit"],
  ["rows of broken blocks", tensor({ type: 3, dims: [33] }), "gguf-value", /Q4_1 blocks of 32/],
  ["a tensor off its alignment", tensor({ offset: 8 }), "gguf-value", /multiple of the alignment/],
  ["a tensor beyond the end", tensor({ offset: 64 }), "gguf-tensor-range", /the file ends at/],
  ["an offset beyond 2^53", tensor({ offset: 2n ** 63n }), "gguf-limit"],
  [
    "overlapping tensors",
    { ...small, tensors: [small.tensors![0]!, { ...small.tensors![1]!, offset: 0 }] },
    "gguf-tensor-range",
    /overlap/,
  ],
];

it.each(damaged)("reports %s", (_, spec, code, message = /./) => {
  const path = temporaryFile(Buffer.isBuffer(spec) ? spec : ggufBytes(spec));
  const error = caught(() => openGguf(path));
  expect(error).toMatchObject({ name: "ModelError", code, file: path });
  expect(error.message).toMatch(message);
  expect(error.message.startsWith(`${path}, byte ${error.offset}: `)).toBe(true);
  expect(error.message.endsWith(error.hint)).toBe(true);
});

it("reports a file cut anywhere", () => {
  const whole = ggufBytes(small);
  for (let length = 0; length < whole.length; length++) {
    const error = caught(() =>
      openGguf("cut.gguf", { mapFile: () => Uint8Array.from(whole.subarray(0, length)).buffer }),
    );
    expect(["file-truncated", "gguf-tensor-range"]).toContain(error.code);
  }
});

it("reports a missing file and a directory", () => {
  expect(caught(() => openGguf("no/such/model.gguf"))).toMatchObject({
    code: "model-missing",
    file: "no/such/model.gguf",
  });
  expect(caught(() => openGguf("."))).toMatchObject({ code: "file-unreadable" });
});

function caught(work: () => unknown): ModelError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError);
    return error as ModelError;
  }
  throw new TypeError("nothing was thrown");
}
