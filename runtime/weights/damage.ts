import { openCheckpoint } from "./checkpoint.js";
import { ModelError } from "./errors.js";
import { dequantize, type TensorType, tensorTypes } from "./quantization/types.js";
import type { StoredTensor, StoredTensors } from "./stored-tensors.js";

/** Bytes looked at in one go: enough to be fast, few enough not to hold a second copy of the model. */
const PIECE = 1 << 20;

/**
 * Looks for weights that are not numbers, or infinite: one of them makes every logit so, and then the first token of the vocabulary is
 * picked for ever. A file's checksum tells as much and no format here carries one, so this reads the whole file: for when something is
 * wrong already. Gives control back between pieces. Undefined where all weights are numbers.
 */
export async function findDamage(model: StoredTensors, signal?: AbortSignal): Promise<ModelError | undefined> {
  for (const tensor of model.tensors.values()) {
    const { blockBytes, dequantize: usable }: TensorType = tensorTypes[tensor.type];
    if (!usable) continue;
    const step = Math.floor(PIECE / blockBytes) * blockBytes;
    for (let start = 0; start < tensor.bytes; start += step) {
      signal?.throwIfAborted();
      const at = firstDamage(model, tensor, start, Math.min(start + step, tensor.bytes));
      if (at !== undefined)
        return new ModelError(
          "weights-damaged",
          `tensor ${JSON.stringify(tensor.name)} has weights that are no numbers`,
          {
            file: tensor.file,
            offset: tensor.offset + at,
          },
        );
      await new Promise(setImmediate);
    }
  }
  return undefined;
}

/** The error for a model at `path` whose logits are no numbers: which weights are to blame, if any are. */
export async function explainNoNumbers(path: string, signal?: AbortSignal): Promise<ModelError> {
  using model = openCheckpoint(path);
  const damage = await findDamage(model, signal);
  return (
    damage ?? new ModelError("no-numbers", "the model computes what is no number from sound weights", { file: path })
  );
}

/** Where the first block with such a weight begins, in bytes from the start of the tensor. */
function firstDamage(model: StoredTensors, tensor: StoredTensor, start: number, end: number): number | undefined {
  const { blockSize, blockBytes } = tensorTypes[tensor.type];
  const weights = dequantize(tensor.type, model.bytes(tensor, start, end));
  const index = weights.findIndex((weight) => !Number.isFinite(weight));
  return index < 0 ? undefined : start + Math.floor(index / blockSize) * blockBytes;
}
