/** What a host program imports: `import { Device, Model } from "tilescript/runtime"`. */
import type { Device as DeviceInterface } from "./device/device.js";
import { openDevice } from "./device/open.js";

export type { BundleSource, KernelReference, TypedKernel, TypedKernels } from "./bundle/index.js";
export { download, fromBits, toBits, upload } from "./device/arrays.js";
export type { CheckedOptions } from "./device/cpu/checked/checks.js";
export type {
  Argument,
  Arguments,
  ChosenBuild,
  DescriptorArgument,
  DeviceBuffer,
  FileCopy,
  Graph,
  Grid,
  GridFor,
  GrowableBuffer,
  Launch,
  LoadedBundle,
  LoadedKernel,
  Mirror,
  ReserveOptions,
  UploadOptions,
} from "./device/device.js";
export {
  BundleError,
  CudaError,
  DeviceError,
  LaunchError,
  OutOfMemoryError,
  UnavailableError,
} from "./device/errors.js";
export type { OpenOptions } from "./device/open.js";
export type { Embeddings, EmbedOptions } from "./generate/embedding.js";
export { GenerateError } from "./generate/errors.js";
export type { Generation, GenerationResult, Piece, StopReason, Timings } from "./generate/generation.js";
export type { GenerateOptions } from "./generate/options.js";
export type { Session, SessionOptions } from "./generate/session.js";
export { SessionFileError } from "./generate/session-file.js";
export type { ResponseFormat, StandardSchema } from "./grammar/index.js";
export { Model, type ModelOptions } from "./models/model.js";
export type { ChosenLogprob, TokenLogprob } from "./models/shaping.js";
export type { ChatMessage } from "./tokenizer/index.js";
export type { Tool, ToolCall, ToolChoice } from "./tools/index.js";
export {
  given,
  normal,
  type Tuning,
  type TuningArguments,
  type TuningData,
  type TuningLaunch,
  type TuningShape,
  tuning,
  zeroed,
} from "./tuning/index.js";
export {
  findDemoModel,
  ModelError,
  PullError,
  type PullErrorCode,
  type PullOptions,
  type PullProgress,
  pullModel,
} from "./weights/index.js";

export type Device = DeviceInterface;

/**
 * A GPU, or the CPU executor where there is none; both run the same kernels.
 *
 * @example
 * using device = await Device.open();
 * const { vectorAdd } = await device.load(kernels);
 */
export const Device = { open: openDevice };

export { cdiv } from "./tiling.js";
