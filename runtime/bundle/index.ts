export { type BundleSource, bundleFolder, type KernelReference } from "./reference.js";
export { type TypedKernel, type TypedKernels, typedBundle } from "./typed.js";
