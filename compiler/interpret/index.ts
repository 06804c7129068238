export { type ArgumentLayout, type ArgumentSlot, HEADER_BYTES, layoutArguments } from "./argument-layout.js";
export { type CompileOptions, compileForCpu } from "./compile.js";
export {
  type AccessSite,
  type CpuKernel,
  type CpuKernelInfo,
  EXECUTOR_VERSION,
  INFO_SECTION,
  readInfo,
} from "./cpu-kernel.js";
export { ExecutorError } from "./unsupported.js";
