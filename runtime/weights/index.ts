/** Model files: what is in them, and how their weights become numbers. */

export { findDamage } from "./damage.js";
export { findDemoModel } from "./demo-model.js";
export { ModelError, type ModelErrorCode, type ModelErrorPlace, modelErrorCodes } from "./errors.js";
export type { FileBytes, MapFile, MappedBytes } from "./file-bytes.js";
export * from "./gguf/index.js";
export * from "./hub/index.js";
export { dequantize, type TensorType, type TensorTypeName, tensorTypes } from "./quantization/types.js";
export { unpermuteRows } from "./rope-rows.js";
export * from "./safetensors/index.js";
