export {
  type ArgumentLayout,
  type ArgumentSlot,
  HEADER_BYTES,
  layoutArguments,
  TABLE_WORD,
} from "./argument-layout.js";
export { TOUCH } from "./checks/touch.js";
export { isFile, TRACE, type Trace, tracedLines } from "./checks/trace.js";
export { type CompileOptions, compileForCpu, type KernelChecks } from "./compile.js";
export {
  type AccessSite,
  type CpuKernel,
  type CpuKernelInfo,
  readInfo,
} from "./cpu-kernel.js";
export { describeForCpu, type LaunchShape } from "./describe.js";
export type {} from "./encode/webassembly.js";
export { flatten } from "./flatten/flatten.js";
export type { Step } from "./flatten/steps.js";
export { ANYWHERE } from "./fuse/provenance.js";
export { ExecutorError } from "./unsupported.js";
