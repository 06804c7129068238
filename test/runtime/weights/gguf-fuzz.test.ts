/** Whatever bytes a file holds, opening it succeeds or throws ModelError: it never crashes, hangs or eats memory. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { ModelError, openGguf } from "../../../runtime/weights/index.js";
import { array, ggufBytes, text, u32 } from "./write-gguf.js";

const whole = ggufBytes({
  metadata: [
    ["general.architecture", text("llama")],
    ["n", u32(7)],
    ["words", array("string", ["one", "two", "three"])],
    ["nested", array("array", [array("u16", [1, 2, 3]), array("f64", [0.5])])],
  ],
  tensors: [
    { name: "a", type: 2, dims: [32, 2], offset: 0 },
    { name: "b", type: 0, dims: [4], offset: 64 },
  ],
  data: new Uint8Array(80),
});

/** Opens `bytes` and touches everything that is decoded late. */
function useFully(bytes: Uint8Array): void {
  try {
    const file = openGguf("fuzzed.gguf", { mapFile: () => Uint8Array.from(bytes).buffer });
    for (const [, value] of file.metadata.entries()) if (typeof value === "object") value.values();
    for (const tensor of file.tensors.values()) expect(file.bytes(tensor).byteLength).toBe(tensor.bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError);
  }
}

const offset = fc.nat(whole.length - 1);
const interesting = fc.constantFrom(0, 1, 8, 9, 127, 128, 255);

it("survives bytes changed anywhere", () => {
  const changes = fc.array(fc.tuple(offset, fc.oneof(interesting, fc.integer({ min: 0, max: 255 }))), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(changes, (edits) => {
      const bytes = Buffer.from(whole);
      for (const [at, value] of edits) bytes[at] = value;
      useFully(bytes);
    }),
    { numRuns: 4000 },
  );
});

it("survives hostile 64-bit numbers anywhere", () => {
  const hostile = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.constantFrom(2n ** 64n - 1n, 2n ** 63n, 2n ** 53n, 2n ** 53n - 1n, 2n ** 32n, 2n ** 31n, 65536n),
  );
  fc.assert(
    fc.property(fc.nat(whole.length - 8), hostile, (at, value) => {
      const bytes = Buffer.from(whole);
      bytes.writeBigUInt64LE(value, at);
      useFully(bytes);
    }),
    { numRuns: 4000 },
  );
});

it("survives pieces cut out, repeated or appended", () => {
  fc.assert(
    fc.property(offset, offset, offset, (a, b, c) => {
      const [start, end] = [Math.min(a, b), Math.max(a, b)];
      useFully(Buffer.concat([whole.subarray(0, start), whole.subarray(end)]));
      useFully(Buffer.concat([whole.subarray(0, end), whole.subarray(start)]));
      useFully(Buffer.concat([whole.subarray(0, c), whole.subarray(start, end), whole.subarray(c)]));
    }),
    { numRuns: 1500 },
  );
});

it("survives random bytes behind a right start", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (tail) => useFully(Buffer.concat([whole.subarray(0, 24), tail]))),
    { numRuns: 2000 },
  );
});
