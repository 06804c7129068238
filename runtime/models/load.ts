import { requirePackage } from "../../compiler/store/index.js";
import type { Device } from "../device/device.js";
import { GenerateError } from "../generate/errors.js";
import { shown } from "../generate/shown.js";
import { modelBundle } from "../package-root.js";
import { type AttentionOptions, readAttention } from "../reattention/attention-options.js";
import type { Tokenizer } from "../tokenizer/index.js";
import { type Checkpoint, fingerprintOf, openCheckpoint } from "../weights/index.js";
import { assembleDecoder } from "./assemble.js";
import { MOST_ROWS } from "./batch.js";
import type { ModelConfig } from "./config.js";
import { contextFor } from "./context.js";
import type { Decoder, ModelDecoder } from "./decoder.js";
import { openDevices, requireDevices } from "./devices.js";
import { neededBuilds } from "./dry-run.js";
import { describeModel } from "./families/index.js";
import { loadKernels } from "./kernel-bundle.js";
import type { LayersOptions } from "./layers.js";
import { requireRoom } from "./memory.js";
import type { ModelOptions } from "./model.js";
import { tokenizerOf } from "./tokenizer.js";
import type { WeightsPlan } from "./weights-plan.js";

/** A model's open files and what they say: all that can be known of it without a device. */
export interface ModelFiles extends Disposable {
  readonly checkpoint: Checkpoint;
  readonly config: ModelConfig;
  readonly plan: WeightsPlan;
  readonly tokenizer: Tokenizer;
}

/** Opens the model at `path` and reads all but its weights. @throws ModelError for anything wrong with its files */
export function openModelFiles(path: string): ModelFiles {
  // Read, not mapped: a file that shrinks meanwhile is an error and no SIGBUS, and pages of weights are none of this process's memory.
  const checkpoint = openCheckpoint(path);
  try {
    const { config: described, weights: plan } = describeModel(checkpoint);
    const { tokenizer, config } = tokenizerOf(checkpoint, described);
    return { checkpoint, config, plan, tokenizer, [Symbol.dispose]: () => checkpoint.close() };
  } catch (error) {
    checkpoint.close();
    throw error;
  }
}

export interface DecoderOptions extends LayersOptions, Pick<ModelOptions, "signal" | "onProgress"> {
  /** Folder of the model kernels' bundle. Default: the package's own. */
  readonly bundle?: string;
}

/**
 * Prepares the kernels for a model and uploads its weights. @throws BundleError, ModelError, OutOfMemoryError; nothing of the model stays on
 * the device then
 */
export async function loadDecoder(
  device: Device,
  { checkpoint, config, plan }: ModelFiles,
  { bundle = modelBundle(), signal, onProgress, ...layers }: DecoderOptions,
): Promise<Decoder> {
  const model = { checkpoint, config, plan, ...layers };
  const total = requireRoom(device, checkpoint);
  const needed = device.arch === 0 ? [] : await neededBuilds(device, model);
  const report = onProgress && ((text: string) => onProgress(text, 0, 0));
  const kernels = await loadKernels(device, needed, { bundle, signal, onProgress: report });
  const uploaded = onProgress && ((done: number) => onProgress("Uploading weights", done, total));
  return assembleDecoder(device, kernels, { ...model, upload: { signal, onProgress: uploaded } });
}

export interface LoadedModel {
  readonly decoder: ModelDecoder;
  /** Where it is: one, or those that have it together. */
  readonly devices: readonly Device[];
  readonly tokenizer: Tokenizer;
  readonly attention: AttentionOptions;
  /** Generations at once, and how many may wait. */
  readonly sequences: number;
  readonly waiting: number;
  /** What the weights are known by. */
  readonly fingerprint: string;
  /** Frees the model, and the device where it was opened for it. */
  readonly close: () => void;
}

/** Everything about the files is judged before a device is opened, and everything about the device before anything is uploaded. */
export async function loadModel(options: ModelOptions): Promise<LoadedModel> {
  const { path, attention: request = { kind: "dense" }, context, beyondTrained = false } = options;
  if (typeof path !== "string" || path === "")
    throw new GenerateError("path", `path is ${shown(path)}; give the path of a model's file or folder`);
  const queue = readQueue(options);
  requireDevices(options);
  requirePackage();
  using files = openModelFiles(path);
  const { config, tokenizer, checkpoint } = files;
  const attention = readAttention(request, config.context);
  // Names and templates change nothing about what was read.
  const fingerprint = fingerprintOf(checkpoint, { ...config, name: undefined, chatTemplate: undefined });
  options.signal?.throwIfAborted();
  // Read beside everything else, so that the first answer need not wait; what is wrong with it is told where it is needed.
  const template = tokenizer.hasChatTemplate || options.chat ? tokenizer.checkChat(options.signal) : undefined;
  if (options.chat) await template;
  else template?.catch(() => {});
  const { first, group, close: closeDevices } = await openDevices(options);
  try {
    const capacity = contextFor({ context, attention, config, beyondTrained }, first, checkpoint, group);
    const layers = { ...options, attention, capacity };
    const decoder = group
      ? await (await import("../parallel/decoder.js")).ParallelDecoder.load(group, files, layers)
      : await loadDecoder(first, files, { ...layers, sequences: queue.sequences });
    const close = () => {
      decoder.close();
      closeDevices();
    };
    return { decoder, devices: group?.devices ?? [first], tokenizer, attention, ...queue, fingerprint, close };
  } catch (error) {
    closeDevices();
    throw error;
  }
}

function readQueue({ sequences = 1, waiting = 1024 }: ModelOptions) {
  if (!Number.isInteger(sequences) || sequences < 1 || sequences > MOST_ROWS)
    throw new GenerateError(
      "sequences",
      `sequences is ${shown(sequences)}; give a whole number from 1 to ${MOST_ROWS}`,
    );
  if (!(waiting === Number.POSITIVE_INFINITY || (Number.isInteger(waiting) && waiting >= 0)))
    throw new GenerateError("waiting", `waiting is ${shown(waiting)}; give a whole number of 0 or more, or Infinity`);
  return { sequences, waiting };
}
