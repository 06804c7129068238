/** The errors of devices: before the driver is called, from the driver, and about what was to be loaded. */

import { type ErrorDetails, TileScriptError } from "../../dsl/errors.js";

/** What usually helps, by the driver's name for the error. */
const cudaHints: Readonly<Record<string, string>> = {
  CUDA_ERROR_OUT_OF_MEMORY: "Free buffers, shorten the context, or use a smaller model.",
  CUDA_ERROR_NO_BINARY_FOR_GPU: "Build the bundle for this GPU's architecture: tilescript build --arch …",
  CUDA_ERROR_INVALID_PTX: "The driver is older than the PTX: update the driver, or build a cubin for this GPU.",
  CUDA_ERROR_UNSUPPORTED_PTX_VERSION:
    "The driver is older than the PTX: update the driver, or build a cubin for this GPU.",
  CUDA_ERROR_ILLEGAL_ADDRESS:
    "A kernel reached outside its buffers. The CPU executor names the line and the index: run the same program with it. The GPU context is lost; restart the process.",
  CUDA_ERROR_MISALIGNED_ADDRESS:
    "An address is not a multiple of its element's size. The GPU context is lost; restart the process.",
  CUDA_ERROR_LAUNCH_FAILED: "A kernel broke off. The GPU context is lost; restart the process.",
  CUDA_ERROR_ASSERT:
    "A deviceAssert does not hold: the driver has written its message to standard error. The GPU context is lost; restart the process.",
  CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES:
    "The kernel needs more registers or threads than a multiprocessor has: use fewer warps.",
  CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED:
    "Inside capture only launches, copy, fill and Mirror.copyFrom can be recorded.",
  CUDA_ERROR_STREAM_CAPTURE_INVALIDATED: "Something inside capture could not be recorded; nothing of it was kept.",
  CUDA_ERROR_NOT_SUPPORTED: "This driver or GPU cannot do it: update the driver.",
};

/** A driver call that failed. `name` and `code` are the driver's own name of it, such as CUDA_ERROR_OUT_OF_MEMORY. */
export class CudaError extends TileScriptError {
  /** The driver's number of it, a CUresult. */
  readonly result: number;
  /** The driver's sentence, and for a module its log. */
  readonly text: string;
  /** The call with the arguments that matter: "cuMemAlloc_v2(1048576)". */
  readonly call: string;

  constructor(result: number, name: string, text: string, call: string) {
    super(name, `${call}: ${text}`, { hint: cudaHints[name] });
    this.name = name;
    this.result = result;
    this.text = text;
    this.call = call;
  }
}

/** What is wrong with a launch. */
export interface LaunchFault {
  readonly kernel: string;
  /** The parameter at fault, where there is one. */
  readonly parameter?: string;
  readonly expected: string;
  readonly got: string;
  readonly hint?: string;
}

/**
 * Arguments, a grid or a configuration that cannot be launched: thrown before any driver call. On the CPU executor also a launch that a
 * deviceAssert has ended.
 */
export class LaunchError extends TileScriptError {
  override readonly name = "LaunchError";
  readonly kernel: string;
  readonly parameter: string | undefined;
  readonly expected: string;
  readonly got: string;

  constructor(fault: LaunchFault) {
    const where = fault.parameter === undefined ? fault.kernel : `${fault.kernel}, parameter ${fault.parameter}`;
    super("launch", `${where}: expected ${fault.expected}, got ${fault.got}`, { hint: fault.hint });
    this.kernel = fault.kernel;
    this.parameter = fault.parameter;
    this.expected = fault.expected;
    this.got = fault.got;
  }
}

/** A bundle that cannot be used: no or bad manifest, a file that is not the one built, no kernel or variant that fits. */
export class BundleError extends TileScriptError {
  override readonly name = "BundleError";
  /** The bundle's folder, or the file in it that is at fault. */
  readonly path: string;

  constructor(path: string, problem: string, hint: string, options?: { readonly cause?: unknown }) {
    super("bundle", `${path}: ${problem}`, { hint, ...options });
    this.path = path;
  }
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** What was wanted, and what there is, in bytes. */
export interface MemoryShortage {
  /** Which device, where there are several. */
  readonly on?: string;
  readonly wanted: number;
  /** Where a buffer was to grow: what it has, and keeps. */
  readonly committed?: number;
  readonly free: number;
  readonly total: number;
  readonly hint?: string;
}

/** A device had less memory than was wanted. Nothing was changed. All numbers are bytes. */
export class OutOfMemoryError extends TileScriptError {
  override readonly name = "OutOfMemoryError";
  readonly wanted: number;
  /** What the buffer has that was to grow; 0 where a new one was wanted. */
  readonly committed: number;
  /** The most that would have fitted: in the CPU executor's memory, in one piece. */
  readonly free: number;
  readonly total: number;

  constructor({ on, wanted, committed, free, total, hint }: MemoryShortage, options?: { readonly cause?: unknown }) {
    const what = committed === undefined ? "" : `, where ${mebibytes(committed)} are committed`;
    super(
      "out-of-memory",
      `Out of memory${on === undefined ? "" : ` on ${on}`}: ${mebibytes(wanted)} wanted${what}, ${mebibytes(free)} of ${mebibytes(total)} free`,
      { hint: hint ?? cudaHints.CUDA_ERROR_OUT_OF_MEMORY, ...options },
    );
    this.wanted = wanted;
    this.committed = committed ?? 0;
    this.free = free;
    this.total = total;
  }
}

/** Which part of the way to a GPU is missing. */
export type UnavailableReason = "no-addon" | "bad-addon" | "no-library" | "old-driver" | "no-device" | "init-failed";

/** The native add-on, the driver or a GPU is not there. Programs that can go on with the CPU executor do. */
export class UnavailableError extends TileScriptError {
  override readonly name = "UnavailableError";
  declare readonly code: UnavailableReason;

  constructor({ reason, detail, hint }: { reason: UnavailableReason; detail: string; hint: string }) {
    super(reason, detail, { hint });
  }
}

/** Memory or another object of a device used after it was freed, or on a device it does not belong to. */
export class DeviceError extends TileScriptError {
  override readonly name = "DeviceError";

  constructor(problem: string, details?: ErrorDetails) {
    super("device", problem, details);
  }
}
