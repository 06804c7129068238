/** The back end that turns generated Triton Python into cubins: a private Python environment and a pool of workers in it. */

export { ARCHITECTURES, checkJob } from "./check-job.js";
export {
  type CompileOptions,
  ServiceClosedError,
  startTriton,
  type TritonService,
  type TritonServiceOptions,
} from "./client.js";
export { type EnsureOptions, ensureEnvironment, installedTriton, type PythonEnvironment } from "./environment.js";
export { EnvironmentError, type EnvironmentErrorCode } from "./environment-error.js";
export { environmentFolder } from "./environment-place.js";
export { type EnvironmentReport, findDemoModel, inspectEnvironment } from "./inspect-environment.js";
export type {
  LineOrigin,
  TensorDescriptorFacts,
  TritonConstant,
  TritonFailure,
  TritonFailureStage,
  TritonJob,
  TritonMetadata,
  TritonOptions,
  TritonOutput,
  TritonResources,
  TritonResult,
  TritonStage,
  TritonType,
  TritonVersions,
} from "./job.js";
export { backendFingerprint, type EnvironmentPart } from "./requirements.js";
