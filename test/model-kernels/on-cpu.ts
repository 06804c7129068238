import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { check } from "../../compiler/check.js";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import type { LoadedBundle } from "../../runtime/device/device.js";
import { CPU_TILES, GPU_TILES } from "../../runtime/kernels/tiles.js";
import type { Setting } from "./case.js";

const folder = fileURLToPath(new URL("../../runtime/kernels/", import.meta.url));

export const CPU_SETTING: Setting = { tiles: CPU_TILES, dotRows: 1 };
export const GPU_SETTING: Setting = { tiles: GPU_TILES, dotRows: 16 };

/** Kernels of dense models; those of ReAttention have tests of their own. */
export const isDense = (path: string): boolean => !/(^|\/)reattention-[^/]*$/.test(path);

/** The kernels of dense models on the CPU executor, straight from their sources. */
export async function openCpu(): Promise<{ readonly device: CpuDevice; readonly bundle: LoadedBundle }> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".kernel.ts") && isDense(name));
  const { kernels, diagnostics } = check(files.map((name) => folder + name));
  if (diagnostics.length > 0) throw new TypeError(diagnostics.map(({ message }) => message).join("\n"));
  const device = await CpuDevice.open({ threads: 2 });
  return { device, bundle: device.loadKernels(kernels) };
}
