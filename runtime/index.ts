/** What a host program imports: `import { Device, Model } from "tilescript/runtime"`. */
import type { Device as DeviceInterface } from "./device/device.js";
import { openDevice } from "./device/open.js";

export type { KernelEntry } from "../compiler/bundle/index.js";
export type {
  BundleSource,
  ConstantsOf,
  DTypeChoices,
  KernelReference,
  LaunchArguments,
  TypedKernel,
  TypedKernels,
} from "./bundle/index.js";
export type { Allocator } from "./device/allocations.js";
export { download, type Float8, type Float16, fromBits, toBits, upload } from "./device/arrays.js";
export type { CheckedOptions } from "./device/cpu/checked/checks.js";
export type {
  AnyConstants,
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
  type LaunchFault,
  type MemoryShortage,
  OutOfMemoryError,
  UnavailableError,
  type UnavailableReason,
} from "./device/errors.js";
export type { OpenOptions } from "./device/open.js";
export type { Prompt } from "./generate/answering.js";
export type { Embeddings, EmbedOptions } from "./generate/embedding.js";
export { GenerateError } from "./generate/errors.js";
export type { Generation, GenerationResult, Piece, StopReason, Timings } from "./generate/generation.js";
export type { GenerateOptions } from "./generate/options.js";
export type { ScoreOptions, Scores } from "./generate/scoring.js";
export type { Session, SessionOptions } from "./generate/session.js";
export { SessionFileError } from "./generate/session-file.js";
export type { ResponseFormat, StandardSchema } from "./grammar/index.js";
export type { ExpertConfig, LayerKind, ModelConfig, RopeConfig, RopeScaling } from "./models/config.js";
export { Model, type ModelOptions } from "./models/model.js";
export type { ChosenLogprob, TokenLogprob } from "./models/shaping.js";
export type {
  AttentionOptions,
  AttentionRequest,
  DenseAttention,
  ReAttention,
  StreamingAttention,
} from "./reattention/index.js";
export type {
  ChatMessage,
  ChatRole,
  DecodeOptions,
  EncodeOptions,
  RenderOptions,
  TokenDecoder,
  Tokenizer,
} from "./tokenizer/index.js";
export type { Tool, ToolCall, ToolChoice } from "./tools/index.js";
export {
  given,
  normal,
  type Tuning,
  type TuningArgument,
  type TuningArguments,
  type TuningData,
  type TuningLaunch,
  type TuningOptions,
  type TuningShape,
  tuning,
  zeroed,
} from "./tuning/index.js";
export {
  type DemoModelPlaces,
  type FileSource,
  type FileStretch,
  findDemoModel,
  ModelError,
  type ModelErrorCode,
  type ModelErrorPlace,
  PullError,
  type PullErrorCode,
  type PullErrorDetails,
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
