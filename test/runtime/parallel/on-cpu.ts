import { fileURLToPath } from "node:url";
import { check } from "../../../compiler/check.js";
import type * as modelKernels from "../../../runtime/kernels/index.js";
import type { ModelKernels } from "../../../runtime/kernels/loaded.js";
import { CpuGroup } from "../../../runtime/parallel/cpu-group.js";

const folder = fileURLToPath(new URL("../../../runtime/kernels/", import.meta.url));

/** So many CPU devices beside each other, with kernels of runtime/kernels/NAME.kernel.ts straight from their sources. */
export async function openGroup(ranks: number, ...names: readonly string[]) {
  const { kernels: checked, diagnostics } = check(names.map((name) => `${folder}${name}.kernel.ts`));
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const group = await CpuGroup.open(ranks, { threads: 1, store: null });
  const kernels: ModelKernels[] = group.devices.map((device) => device.loadKernels<typeof modelKernels>(checked));
  return { group, kernels };
}
