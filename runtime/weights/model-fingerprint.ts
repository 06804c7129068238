import { createHash } from "node:crypto";
import type { StoredTensors } from "./stored-tensors.js";

/** Tensors of which a piece is read, and bytes of it: enough that no two trainings agree, and few enough to be read in no time. */
const TENSORS = 256;
const BYTES = 256;

/**
 * What a model is known by, the same wherever its files lie: what is said of it, names, types and shapes of all its tensors, and pieces of many.
 */
export function fingerprintOf(model: StoredTensors, said: unknown): string {
  const tensors = [...model.tensors.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const hash = createHash("sha256");
  hash.update(JSON.stringify(said, (_, value) => (value instanceof Set ? [...value] : value)));
  hash.update(JSON.stringify(tensors.map(({ name, type, shape }) => [name, type, shape])));
  const step = Math.max(1, tensors.length / TENSORS);
  for (let at = 0; at < tensors.length; at += step) {
    const tensor = tensors[Math.floor(at)]!;
    const start = Math.max(0, Math.floor((tensor.bytes - BYTES) / 2));
    hash.update(model.bytes(tensor, start, Math.min(tensor.bytes, start + BYTES)));
  }
  return hash.digest("hex");
}
