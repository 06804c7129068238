/** The RoPE trap of GGUF files of architecture llama: rows of attn_q and attn_k come interleaved. */

import { expect, it } from "vitest";
import { ModelError, unpermuteRows } from "../../../runtime/weights/index.js";

it("moves rows (2i, 2i + 1) of every head to (i, i + D/2), as whole byte rows", () => {
  // Two heads of size 4; a row of 3 bytes is its own label. The converter stored halves interleaved: 0 2 1 3.
  const row = (label: number) => [label, label, label];
  const stored = Uint8Array.from([0, 2, 1, 3, 4, 6, 5, 7].flatMap(row));
  expect([...unpermuteRows(stored, 8, 4)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7].flatMap(row));
});

it("undoes the converter's reshape(heads, 2, D/2).swap(1, 2) for the demo model's size", () => {
  const [heads, size] = [3, 64];
  const stored: number[] = [];
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < size / 2; i++)
      for (let side = 0; side < 2; side++) stored.push(head * size + side * (size / 2) + i);
  }
  const bytes = new Uint8Array(Uint16Array.from(stored).buffer);
  const rows = new Uint16Array(unpermuteRows(bytes, heads * size, size).buffer);
  expect([...rows]).toEqual(Array.from({ length: heads * size }, (_, i) => i));
});

it.each([
  [10, 4, 4],
  [12, 6, 4],
  [9, 3, 3],
])("refuses %i bytes as %i rows of heads of %i", (length, rows, headSize) => {
  expect(() => unpermuteRows(new Uint8Array(length), rows, headSize)).toThrow(ModelError);
});
