/** Model files: what is in them, and how their weights become numbers. */

export { type Checkpoint, type OpenCheckpointOptions, openCheckpoint } from "./checkpoint.js";
export { explainNoNumbers, findDamage } from "./damage.js";
export { type DemoModelPlaces, findDemoModel } from "./demo-model.js";
export { ModelError, type ModelErrorCode, type ModelErrorPlace, modelErrorCodes } from "./errors.js";
export { type FileBytes, type MapFile, openFileBytes } from "./file-bytes.js";
export * from "./gguf/index.js";
export type { GgufCheckpoint } from "./gguf/parts.js";
export * from "./hub/index.js";
export type { FolderCheckpoint } from "./huggingface/folder.js";
export type { JsonObject } from "./huggingface/json.js";
export { fingerprintOf } from "./model-fingerprint.js";
export { dequantize, type TensorType, type TensorTypeName, tensorTypes } from "./quantization/types.js";
export type { FileSource, FileStretch } from "./reading.js";
export { unpermuteRows } from "./rope-rows.js";
export * from "./safetensors/index.js";
export type { StoredTensor, StoredTensors } from "./stored-tensors.js";
