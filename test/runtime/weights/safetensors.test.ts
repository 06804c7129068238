/** safetensors files and shards: what they give back, and how each kind of damage is reported. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { dequantize, ModelError, openSafetensors } from "../../../runtime/weights/index.js";

const folder = mkdtempSync(join(tmpdir(), "tilescript-safetensors-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Bytes of a file with this header (JSON text, or something to turn into it) and this many bytes of data. */
function safetensors(header: unknown, dataBytes = 0, length?: bigint): Buffer {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([prefix, json, Buffer.from(Array.from({ length: dataBytes }, (_, i) => i))]);
}

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const entry = (dtype: string, shape: unknown[], start: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [start, end],
});
const small = {
  __metadata__: { format: "pt" },
  a: entry("F32", [1, 2], 0, 8),
  b: entry("BF16", [3], 8, 14),
  none: entry("I8", [0, 4], 14, 14),
};

it("gives tensors, bytes and metadata", () => {
  using model = openSafetensors(file("small.safetensors", safetensors(small, 14)));
  expect([...model.tensors.keys()]).toEqual(["a", "b", "none"]);
  expect(model.metadata.get("format")).toBe("pt");
  expect(model.tensor("b")).toMatchObject({ type: "BF16", shape: [3], bytes: 6 });
  expect([...model.bytes(model.tensor("b"))]).toEqual([8, 9, 10, 11, 12, 13]);
  expect(model.bytes(model.tensor("none")).length).toBe(0);
  expect(dequantize("BF16", model.bytes(model.tensor("b"))).length).toBe(3);
  expect(() => model.tensor("c")).toThrow(/no tensor "c"/);
});

it("finds each tensor in its shard, as the index says", () => {
  file("one.safetensors", safetensors({ a: entry("U8", [2], 0, 2), both: entry("U8", [1], 2, 3) }, 3));
  file("two.safetensors", safetensors({ b: entry("U8", [1], 0, 1), both: entry("U8", [1], 1, 2) }, 2));
  const weight_map = { a: "one.safetensors", b: "two.safetensors", both: "two.safetensors" };
  const model = openSafetensors(file("model.safetensors.index.json", JSON.stringify({ metadata: {}, weight_map })));
  expect([...model.tensors.keys()].sort()).toEqual(["a", "b", "both"]);
  expect([...model.bytes(model.tensor("both"))]).toEqual([1]);
  model.close();
  expect(() => model.bytes(model.tensor("a"))).toThrow(/after it was closed/);
});

describe("reports", () => {
  it.each<[string, Buffer, string, RegExp]>([
    ["an empty file", Buffer.alloc(0), "file-truncated", /only 0 bytes/],
    ["a header above 100 MB", safetensors({}, 0, 100_000_001n), "safetensors-header", /more than 100 MB/],
    ["a header beyond the file", safetensors({}, 0, 3n), "file-truncated", /the file ends at/],
    ["a header that is no JSON", safetensors("{a}"), "safetensors-header", /not JSON/],
    [
      "a header that is no UTF-8",
      Buffer.concat([safetensors("", 0, 1n), Buffer.of(0xff)]),
      "safetensors-header",
      /not JSON/,
    ],
    ["a header that is a list", safetensors([]), "safetensors-header", /not a JSON object/],
    [
      "a name twice",
      safetensors(
        `{"a":${JSON.stringify(entry("U8", [1], 0, 1))},"\\u0061":${JSON.stringify(entry("U8", [1], 1, 2))}}`,
        2,
      ),
      "safetensors-header",
      /"a" twice/,
    ],
    ["an unknown dtype", safetensors({ a: entry("F4", [1], 0, 1) }, 1), "safetensors-header", /dtype/],
    ["a negative extent", safetensors({ a: entry("U8", [-1], 0, 1) }, 1), "safetensors-header", /shape/],
    ["an extent that is no integer", safetensors({ a: entry("U8", [1.5], 0, 1) }, 1), "safetensors-header", /shape/],
    [
      "an entry with more in it",
      safetensors({ a: { ...entry("U8", [1], 0, 1), x: 1 } }, 1),
      "safetensors-header",
      /"a" is wrong/,
    ],
    ["metadata that is no text", safetensors({ __metadata__: { a: 1 } }), "safetensors-header", /__metadata__/],
    ["a tensor beyond the end", safetensors({ a: entry("U8", [2], 0, 2) }, 1), "safetensors-tensor", /which has 1/],
    ["offsets that run backwards", safetensors({ a: entry("U8", [1], 1, 0) }, 2), "safetensors-tensor", /bytes 1 to 0/],
    [
      "a size that does not fit the shape",
      safetensors({ a: entry("F32", [1], 0, 2) }, 2),
      "safetensors-tensor",
      /needs 4/,
    ],
    [
      "a size that overflows",
      safetensors({ a: entry("U8", [2 ** 40, 2 ** 40], 0, 2) }, 2),
      "safetensors-tensor",
      /takes 2 bytes/,
    ],
    [
      "overlapping tensors",
      safetensors({ a: entry("U8", [2], 0, 2), b: entry("U8", [2], 1, 3) }, 3),
      "safetensors-tensor",
      /"a" and "b" overlap/,
    ],
  ])("%s", (_, bytes, code, message) => {
    const path = file("bad.safetensors", bytes);
    expect(() => openSafetensors(path)).toThrow(
      expect.objectContaining({ name: "ModelError", code, file: path, message: expect.stringMatching(message) }),
    );
  });

  it.each<[string, string, string]>([
    ["no JSON", "{", "safetensors-header"],
    ["no map", "{}", "safetensors-header"],
    ["a path to another folder", '{"weight_map":{"a":"../x.safetensors"}}', "safetensors-header"],
    ["an absolute path", '{"weight_map":{"a":"/etc/x.safetensors"}}', "safetensors-header"],
    ["a missing shard", '{"weight_map":{"a":"gone.safetensors"}}', "model-missing"],
    ["a tensor that its shard lacks", '{"weight_map":{"z":"here.safetensors"}}', "tensor-missing"],
  ])("an index with %s", (_, text, code) => {
    file("here.safetensors", safetensors({ a: entry("U8", [1], 0, 1) }, 1));
    expect(() => openSafetensors(file("bad.index.json", text))).toThrow(
      expect.objectContaining({ name: "ModelError", code }),
    );
  });

  it("a missing file and a missing index", () => {
    for (const name of ["absent.safetensors", "absent.index.json"]) {
      expect(() => openSafetensors(join(folder, name))).toThrow(expect.objectContaining({ code: "model-missing" }));
    }
  });
});

it("survives a header that is one string of many megabytes", () => {
  const path = file("long.safetensors", safetensors(`{"a":"${'\\"'.repeat(4e6)}"}`));
  expect(() => openSafetensors(path)).toThrow(/tensor "a" is wrong in the header/);
});

it("survives any change of any byte", () => {
  const whole = safetensors(small, 14);
  const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(edits, fc.nat(whole.length), (changes, length) => {
      const bytes = Buffer.from(whole);
      for (const [at, value] of changes) bytes[at] = value;
      for (const candidate of [bytes, bytes.subarray(0, length)]) {
        try {
          const model = openSafetensors("fuzzed.safetensors", { mapFile: () => Uint8Array.from(candidate).buffer });
          for (const tensor of model.tensors.values()) expect(model.bytes(tensor).length).toBe(tensor.bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ModelError);
        }
      }
    }),
    { numRuns: 2000 },
  );
});
