export { type BundleSource, bundleFolder, type KernelReference } from "./reference.js";
export {
  type ConstantsOf,
  type DTypeChoices,
  type LaunchArguments,
  type TypedKernel,
  type TypedKernels,
  typedBundle,
} from "./typed.js";
