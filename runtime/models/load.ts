import type { Device } from "../device/device.js";
import { openDevice } from "../device/open.js";
import { GenerateError } from "../generate/errors.js";
import { mapFile } from "../native/index.js";
import { modelBundle } from "../package-root.js";
import { type AttentionOptions, readAttention } from "../reattention/attention-options.js";
import { createTokenizer, type Tokenizer } from "../tokenizer/index.js";
import { openCheckpoint } from "../weights/index.js";
import { assembleRunner } from "./assemble.js";
import { contextFor } from "./context.js";
import { neededBuilds } from "./dry-run.js";
import { describeModel } from "./families/index.js";
import { loadKernels } from "./kernel-bundle.js";
import { requireRoom } from "./memory.js";
import type { ModelOptions } from "./model.js";
import type { Runner } from "./runner.js";

export interface LoadedModel {
  readonly runner: Runner;
  readonly tokenizer: Tokenizer;
  readonly attention: AttentionOptions;
  readonly ownsDevice: boolean;
}

/** Everything about the files is judged before a device is opened, and everything about the device before anything is uploaded. */
export async function loadModel({
  path,
  device: where,
  bundle = modelBundle(),
  attention: request = { kind: "dense" },
  context,
  beyondTrained = false,
  signal,
  onProgress,
}: ModelOptions): Promise<LoadedModel> {
  if (typeof path !== "string" || path === "")
    throw new GenerateError("path", `path is ${JSON.stringify(path)}; give the path of a model's file or folder`);
  using checkpoint = openCheckpoint(path, { mapFile });
  const { config, weights: plan } = describeModel(checkpoint);
  const attention = readAttention(request, config.context);
  const tokenizer = createTokenizer(checkpoint);
  signal?.throwIfAborted();
  const ownsDevice = where === undefined || typeof where === "string";
  const device: Device = ownsDevice ? await openDevice({ prefer: where }) : where;
  try {
    const capacity = contextFor({ context, attention, config, beyondTrained }, device, checkpoint);
    const model = { checkpoint, config, plan, attention, capacity };
    const needed = device.arch === 0 ? [] : await neededBuilds(device, model);
    const report = onProgress && ((text: string) => onProgress(text, 0, 0));
    const kernels = await loadKernels(device, needed, { bundle, signal, onProgress: report });
    const total = requireRoom(device, checkpoint);
    const upload = {
      signal,
      onProgress: onProgress && ((done: number) => onProgress("Uploading weights", done, total)),
    };
    return {
      runner: await assembleRunner(device, kernels, { ...model, upload }),
      ...{ tokenizer, attention, ownsDevice },
    };
  } catch (error) {
    if (ownsDevice) device.close();
    throw error;
  }
}
