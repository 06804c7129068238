/** Dequantisation against Python's `gguf` package (test/reference/make_gguf_fixtures.py wrote the expected values). */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dequantize, ModelError, type TensorTypeName, tensorTypes } from "../../../runtime/weights/index.js";

const fixtures: Record<string, { blocks: string; values: string }> = JSON.parse(
  readFileSync(new URL("../../fixtures/dequantize.json", import.meta.url), "utf8"),
);
const usable = Object.entries(tensorTypes)
  .filter(([, type]) => "dequantize" in type && type.dequantize)
  .map(([name]) => name);

it("has a fixture for every type that can be dequantised", () => {
  expect(Object.keys(fixtures).sort()).toEqual(usable.sort());
});

describe.each(Object.entries(fixtures))("%s", (name, { blocks, values }) => {
  it("gives exactly the values of Python's gguf", () => {
    const wanted = new Float32Array(Uint8Array.from(Buffer.from(values, "base64")).buffer);
    const got = dequantize(name as TensorTypeName, Buffer.from(blocks, "base64"));
    expect(got.length).toBe(wanted.length);
    for (let i = 0; i < got.length; i++) if (!Object.is(got[i], wanted[i])) expect([i, got[i]]).toEqual([i, wanted[i]]);
  });

  it("reads blocks that start at an odd address", () => {
    const aligned = Uint8Array.from(Buffer.from(blocks, "base64"));
    const shifted = new Uint8Array(aligned.length + 1);
    shifted.set(aligned, 1);
    expect(dequantize(name as TensorTypeName, shifted.subarray(1))).toEqual(
      dequantize(name as TensorTypeName, aligned),
    );
  });

  it("refuses a partial block", () => {
    const bytes = Buffer.from(blocks, "base64");
    expect(() => dequantize(name as TensorTypeName, bytes.subarray(0, -1))).toThrow(ModelError);
  });
});

it("names the usable types when asked for another", () => {
  expect(() => dequantize("IQ2_XS", new Uint8Array(74))).toThrow(/IQ2_XS weights cannot be used.*Q4_1/);
});
