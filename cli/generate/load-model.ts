import type { Model } from "../../runtime/index.js";
import { openModelFiles } from "../../runtime/models/load.js";
import type { AttentionRequest } from "../../runtime/reattention/index.js";
import { findDemoModel, isHubReference } from "../../runtime/weights/index.js";
import { ensureModelKernels } from "../kernels/model-kernels.js";
import type { GenerationOptions } from "../options/generation.js";
import { progress } from "../report/progress.js";

/** Where the model lies that was named, by a path or by a reference to the Hub, which is pulled first; the demo model where none was. */
export async function modelPath(named: string | undefined, signal?: AbortSignal): Promise<string> {
  const asked = named ?? process.env.TILESCRIPT_MODEL;
  if (asked === undefined || !isHubReference(asked)) return named ?? findDemoModel();
  const { pullShowing } = await import("./pull.js");
  return (await pullShowing(asked, signal)).path;
}

/** Says what is wrong with a model's files: loading it does too, but kernels may have to be built first. */
async function judge(file: string, chat: boolean | undefined, signal: AbortSignal | undefined): Promise<void> {
  using files = openModelFiles(file);
  if (chat) await files.tokenizer.checkChat(signal);
}

/** The model that was named, or the demo model, loaded on the device that was named, or the best one; progress on stderr. */
export async function loadModel({
  model: path,
  device,
  devices,
  bundle,
  context,
  attention,
  beyondTrained,
  sequences,
  chat,
  signal,
}: Pick<GenerationOptions, "model" | "device" | "devices" | "bundle" | "context"> & {
  readonly attention?: string | AttentionRequest;
  readonly beyondTrained?: boolean;
  readonly sequences?: number;
  /** Whether a model without a usable chat template is refused. */
  readonly chat?: boolean;
  readonly signal?: AbortSignal;
}): Promise<Model> {
  const { Model } = await import("../../runtime/index.js");
  const file = await modelPath(path, signal);
  const line = progress();
  try {
    line.show("Loading the model");
    await ensureModelKernels({
      signal,
      onProgress: ({ text }) => line.show(text),
      before: () => judge(file, chat, signal),
    });
    return await Model.load({
      path: file,
      device,
      devices,
      bundle,
      context,
      attention,
      beyondTrained,
      sequences,
      chat,
      signal,
      onProgress: (step: string, done: number, total: number) =>
        line.show(total > 0 ? `${step} ${Math.round((100 * done) / total)} %` : step),
    });
  } finally {
    line.clear();
  }
}
