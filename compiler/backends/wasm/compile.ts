import type { Kernel } from "../../ir/index.js";
import { layoutArguments } from "./argument-layout.js";
import { checkFinite } from "./checks/finite.js";
import { type Trace, traceLine } from "./checks/trace.js";
import { type CpuKernel, type CpuKernelInfo, INFO_SECTION, writeInfo } from "./cpu-kernel.js";
import { encodeModule } from "./encode/encode.js";
import { flatten } from "./flatten/flatten.js";
import { fuse } from "./fuse/fuse.js";
import { programOf } from "./nests/program.js";

export interface CompileOptions {
  /** Groups of pointer parameters whose buffers overlap in the launch at hand. Default: none do. */
  readonly aliased?: readonly (readonly string[])[];
  /** What is looked for while the kernel runs. Default: accesses out of bounds alone. */
  readonly checks?: KernelChecks;
}

export interface KernelChecks {
  /** Tells the host of each element that is read or written: see `TOUCH`. */
  readonly memory?: boolean;
  /** Ends the kernel at the first op that makes a NaN or an infinity of numbers. */
  readonly finite?: boolean;
  /** Tells the host the values on a line of the source. */
  readonly trace?: Trace;
}

/**
 * Compiles a specialised kernel to WebAssembly: tiles become loops over lanes of four, fused where their elements are used. Throws
 * ExecutorError for IR that breaks its invariants.
 */
export function compileForCpu(kernel: Kernel, { aliased = [], checks = {} }: CompileOptions = {}): CpuKernel {
  const { memory = false, finite = false, trace } = checks;
  const flat = flatten(trace ? traceLine(kernel, trace) : kernel);
  const fused = fuse(finite ? checkFinite(flat) : flat, kernel.params, aliased);
  const layout = layoutArguments(kernel);
  const { parts, ...facts } = programOf(fused, kernel, layout, memory);
  const { name, file, constants = {}, dtypes } = kernel;
  const info: CpuKernelInfo = { name, file, constants, dtypes, layout, ...facts };
  return { info, wasm: encodeModule(parts, { name: INFO_SECTION, contents: writeInfo(info) }) };
}
