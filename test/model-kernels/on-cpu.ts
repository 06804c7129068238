import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { check } from "../../compiler/check.js";
import type { Kernel } from "../../compiler/ir/index.js";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import type * as modelKernels from "../../runtime/kernels/index.js";
import type { ModelKernels } from "../../runtime/kernels/loaded.js";
import { isDense } from "./settings.js";

const folder = fileURLToPath(new URL("../../runtime/kernels/", import.meta.url));

let checked: readonly Kernel[] | undefined;

/** Test files share them: to check the sources takes as long as many a file's tests. */
function denseKernels(): readonly Kernel[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.endsWith(".kernel.ts") && isDense(name));
  const { kernels, diagnostics } = check(files.map((name) => folder + name));
  if (diagnostics.length > 0) throw new TypeError(diagnostics.map(({ message }) => message).join("\n"));
  return kernels;
}

/** The kernels of dense models on the CPU executor, straight from their sources. */
export async function openCpu(): Promise<{ readonly device: CpuDevice; readonly bundle: ModelKernels }> {
  checked ??= denseKernels();
  // Few sequences take a step together, as on a GPU.
  const device = await CpuDevice.open({ threads: 2, traits: { togetherFrom: 2 } });
  return { device, bundle: device.loadKernels<typeof modelKernels>(checked) };
}
