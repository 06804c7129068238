import type { TypedKernels } from "../bundle/index.js";
import type { LoadedBundle } from "../device/device.js";
import type * as modelKernels from "./index.js";

/** The kernels of models on a device: each launch is checked against the kernel's declaration. */
export type ModelKernels = LoadedBundle & TypedKernels<typeof modelKernels>;
