/** safetensors files and the index of their shards: headers by structure, files by bytes. */

import { join } from "node:path";
import fc from "fast-check";
import { openSafetensors } from "../../runtime/weights/safetensors/index.js";
import { newFolder, writeAnew } from "./harness/files.js";
import { byteEdits, edited, editedBytes, type Json, jsonEdits } from "./harness/hostile.js";
import { attempts } from "./harness/target.js";

export const name = "safetensors";

const headers: readonly Json[] = [
  {
    __metadata__: { format: "pt" },
    a: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
    b: { dtype: "BF16", shape: [4], data_offsets: [24, 32] },
  },
  { c: { dtype: "I64", shape: [], data_offsets: [0, 8] }, d: { dtype: "U8", shape: [0], data_offsets: [8, 8] } },
];
const names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;
const index: Json = {
  metadata: { total_size: 40 },
  weight_map: { a: names[0], b: names[0], c: names[1], d: names[1] },
};
const dataBytes = [32, 8];

const someEdits = fc.oneof(fc.constant([]), jsonEdits);
const inputs = fc.record({
  headers: fc.tuple(someEdits, someEdits),
  index: someEdits,
  bytes: byteEdits,
  indexBytes: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, byteEdits),
});

const folder = newFolder();
const paths = names.map((name) => join(folder, name));
const indexPath = join(folder, "model.safetensors.index.json");

function fileOf(header: Json, bytes: number): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(bytes)]);
}

export const { run, replay } = attempts({
  inputs,
  right: [{ headers: [[], []], index: [], bytes: [], indexBytes: [] }],
  refusals: ["ModelError"],
  attempt(input) {
    const files = headers.map((header, i) => fileOf(edited(header, input.headers[i]!), dataBytes[i]!));
    writeAnew(paths[0]!, editedBytes(files[0]!, input.bytes));
    writeAnew(paths[1]!, files[1]!);
    writeAnew(indexPath, editedBytes(Buffer.from(JSON.stringify(edited(index, input.index))), input.indexBytes));
    // The first file alone too: behind a wrong index nothing else would be read.
    const opened = [paths[0]!, indexPath].map((path) => {
      try {
        const weights = openSafetensors(path);
        try {
          for (const tensor of weights.tensors.values()) weights.bytes(tensor);
        } finally {
          weights[Symbol.dispose]();
        }
        return undefined;
      } catch (error) {
        return error;
      }
    });
    const untyped = opened.find((error) => (error as Error | undefined)?.name !== "ModelError");
    if (untyped ?? opened[0] ?? opened[1]) throw untyped ?? opened[0] ?? opened[1];
  },
});
