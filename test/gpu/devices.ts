import { fileURLToPath } from "node:url";
import { Device } from "../../runtime/index.js";
import type * as modelKernels from "../../runtime/kernels/index.js";

/** The package's folder: these files run from dist/test/gpu. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

export const bundle = (name: string): string => `${root}bundles/${name}`;

/** The GPU and the CPU executor with the same bundle on both. */
export async function openBoth<Module extends object = object>(folder: string) {
  const gpu = await Device.open({ prefer: "cuda" });
  const cpu = await Device.open({ prefer: "cpu" });
  const [onGpu, onCpu] = await Promise.all([gpu.load<Module>(folder), cpu.load<Module>(folder)]);
  const close = (): void => {
    gpu.close();
    cpu.close();
  };
  return { gpu, cpu, onGpu, onCpu, close };
}

/** The kernels of models, with the builds that these tests launch (build-model-kernels.ts), on both. */
export const openKernels = () => openBoth<typeof modelKernels>(bundle("model-kernels"));
