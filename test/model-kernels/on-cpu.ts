import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { check } from "../../compiler/check.js";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import type * as modelKernels from "../../runtime/kernels/index.js";
import type { ModelKernels } from "../../runtime/kernels/loaded.js";
import { isDense } from "./settings.js";

const folder = fileURLToPath(new URL("../../runtime/kernels/", import.meta.url));

/** The kernels of dense models on the CPU executor, straight from their sources. */
export async function openCpu(): Promise<{ readonly device: CpuDevice; readonly bundle: ModelKernels }> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".kernel.ts") && isDense(name));
  const { kernels, diagnostics } = check(files.map((name) => folder + name));
  if (diagnostics.length > 0) throw new TypeError(diagnostics.map(({ message }) => message).join("\n"));
  const device = await CpuDevice.open({ threads: 2 });
  return { device, bundle: device.loadKernels<typeof modelKernels>(kernels) };
}
