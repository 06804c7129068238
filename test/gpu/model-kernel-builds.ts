/** Every build of the model kernels that the GPU tests launch: of the cases' own constants, and what the other tests launch on a dry device. */

import { compileOptions } from "../../runtime/kernels/compile-options.js";
import { BuildRecorder, dryDevice, type NeededBuild } from "../../runtime/models/dry-run.js";
import { gpuOf } from "../../runtime/models/usual-builds.js";
import { batchModel, batchSteps } from "../model-kernels/batch.js";
import type { KernelCase } from "../model-kernels/case.js";
import { orderModel } from "../model-kernels/order.js";
import { GPU_SETTING } from "../model-kernels/settings.js";
import { launchShaped } from "../model-kernels/shaped-steps.js";
import { runLayer } from "../runtime/reattention/layer.js";
import { picksOf } from "../runtime/reattention/retrieval-cases.js";
import { BATCH, SHAPED } from "./batch-sizes.js";
import { gpuCases } from "./model-kernel-cases.js";
import { ORDER } from "./order-sizes.js";
import { LAYERS, PICKS } from "./retrieval-scenes.js";

/** The build that a case launches on a GPU. */
export function buildOf(one: KernelCase): NeededBuild {
  const { T, ...constants } = one.constants(GPU_SETTING);
  const dtypes = (T === undefined ? {} : { T }) as NeededBuild["dtypes"];
  return { kernel: one.kernel, constants, dtypes, options: compileOptions(one.kernel, constants) };
}

export async function testedBuilds(arch: number): Promise<NeededBuild[]> {
  const recorder = new BuildRecorder();
  const device = dryDevice(gpuOf(arch));
  const { kernels } = recorder;
  const { pass } = await orderModel(device, kernels, ORDER.sizes, ORDER.steps);
  for (const picking of ["greedy", "sample"] as const) pass.step(picking);
  await batchSteps(device, kernels, BATCH.sizes, { apart: [0, 1], together: 1 });
  await launchShaped(
    await batchModel(device, kernels, BATCH.sizes, SHAPED.capacity, SHAPED.sequences),
    SHAPED.promptOf,
  );
  const runner = { device, memory: device, kernels };
  // Numbers do not matter.
  const nothing = { q: [], keys: [], values: [] };
  for (const [, one] of PICKS) await picksOf(runner, { ...one, ...nothing });
  for (const { way, sizes } of LAYERS) await runLayer(runner, { ...sizes, ...nothing }, way);
  return [...gpuCases.map(buildOf), ...recorder.builds];
}
