// What a kernel author imports: `import { kernel, load, store, type Ptr } from "tilescript"`.
export type { DType, FloatType, IntType } from "./dtypes.js";
export { type ErrorDetails, TileScriptError } from "./errors.js";
export {
  type ArgumentFor,
  type Buffer,
  type CompileOptions,
  type Constants,
  type DescriptorBuffer,
  type Kernel,
  type KernelArguments,
  type KernelBuild,
  type KernelOptions,
  kernel,
  type Specialization,
} from "./kernel.js";
export * from "./library/index.js";
export * from "./ops/index.js";
export { OutsideKernelError } from "./outside.js";
export type {
  Bool,
  Const,
  Descriptor,
  F32,
  I64,
  Int,
  Mask,
  MaskLike,
  Pointer,
  Ptr,
  Scalar,
  Shape,
  Tile,
  U32,
  U64,
} from "./types.js";
