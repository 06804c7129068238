export type { CpuBuffer } from "./buffer.js";
export type { CheckedOptions } from "./checked/checks.js";
export { type Check, CheckedError } from "./checked/errors.js";
export { CpuDevice, type CpuOptions } from "./device.js";
export { KernelFailure, OutOfBoundsError } from "./errors.js";
export { CpuGrowable } from "./growable.js";
export { WasmFolder, type WasmStore } from "./wasm-store.js";
