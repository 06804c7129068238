import type { Model } from "../runtime/index.js";
import type { AttentionRequest } from "../runtime/reattention/index.js";
import { findDemoModel } from "../runtime/weights/index.js";
import type { GenerationOptions } from "./generation-options.js";
import { ensureModelKernels } from "./model-kernels.js";
import { progress } from "./progress.js";

/** The file of the model that was named, or of the demo model. */
export const modelPath = (named: string | undefined): string => named ?? findDemoModel();

/** The model that was named, or the demo model, loaded on the device that was named, or the best one; progress on stderr. */
export async function loadModel({
  model: path,
  device,
  context,
  attention,
  beyondTrained,
  signal,
}: Pick<GenerationOptions, "model" | "device" | "context"> & {
  readonly attention?: string | AttentionRequest;
  readonly beyondTrained?: boolean;
  readonly signal?: AbortSignal;
}): Promise<Model> {
  const { Model } = await import("../runtime/index.js");
  const line = progress();
  try {
    line.show("Loading the model");
    await ensureModelKernels(device, { signal, onProgress: ({ text }) => line.show(text) });
    return await Model.load({
      path: modelPath(path),
      device,
      context,
      attention,
      beyondTrained,
      onProgress: (step: string, done: number, total: number) =>
        line.show(`${step} ${Math.round((100 * done) / total)} %`),
    });
  } finally {
    line.clear();
  }
}
