import type { ConstValue, DType, Span } from "../../ir/index.js";
import type { ArgumentLayout } from "./argument-layout.js";
import type {} from "./encode/webassembly.js";

/** A place in a kernel that reads or writes memory, prints or asserts. */
export interface AccessSite {
  readonly op: string;
  readonly params: readonly string[];
  readonly span: Span;
  /** What deviceAssert says, or devicePrint before its values. */
  readonly text?: string;
  readonly hex?: boolean;
  /** What devicePrint prints, or deviceAssert asks. */
  readonly values?: readonly { readonly dtype: DType; readonly shape: readonly number[] }[];
}

/** What the host must know to run a compiled kernel; it travels inside the WebAssembly as a custom section. */
export interface CpuKernelInfo {
  readonly name: string;
  readonly file: string;
  readonly constants: Readonly<Record<string, ConstValue>>;
  readonly dtypes: Readonly<Record<string, DType>>;
  readonly layout: ArgumentLayout;
  /** Scratch memory that one worker needs. */
  readonly frameBytes: number;
  readonly sites: readonly AccessSite[];
  /** It makes pointers from addresses: a launch says where the table of the buffers is that are alive. */
  readonly addresses?: true;
}

/**
 * A kernel for the CPU: a WebAssembly module that imports `env.memory` (shared) and the functions of `host-functions.mjs`, and exports
 * `run(arguments, first program, programs, frame)` and the globals `x`, `y`, `z` of the program that runs.
 */
export interface CpuKernel {
  readonly info: CpuKernelInfo;
  readonly wasm: Uint8Array<ArrayBuffer>;
}

export const INFO_SECTION = "tilescript";

/** Reads what `compileForCpu` put into the module; null where another made it. */
export function readInfo(module: WebAssembly.Module): CpuKernelInfo | null {
  const [section] = WebAssembly.Module.customSections(module, INFO_SECTION);
  return section ? JSON.parse(new TextDecoder().decode(section)) : null;
}

export const writeInfo = (info: CpuKernelInfo): Uint8Array => new TextEncoder().encode(JSON.stringify(info));
