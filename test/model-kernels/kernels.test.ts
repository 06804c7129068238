/** Every kernel of dense models on the CPU executor, against float64. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GATED_TILES, PRODUCT_TILES } from "../../runtime/kernels/linear/product-tiles.js";
import type { KernelCase, Setting } from "./case.js";
import { kernelCases } from "./cases.js";
import { openCpu } from "./on-cpu.js";
import { expectResults, runCase } from "./run.js";
import { CPU_SETTING, GPU_SETTING, hasCases, SHAPES, WARP_SETTING } from "./settings.js";

/** The first are small and tried at every edge. */
const shapes = [{ heads: 6, kvHeads: 2, D: 32 }, { heads: 4, kvHeads: 4, D: 32 }, ...SHAPES];
const cases = kernelCases({ ...CPU_SETTING, shapes });

/**
 * Of sizes that are quick on a CPU, save those of products with bf16 matrices: groups of tiles show only where there are more tiles than one group,
 * and parts of a row only where rows have as many elements.
 */
const casesOfGpu = [GPU_SETTING, WARP_SETTING].map((setting) => ({
  setting,
  all: kernelCases({ ...CPU_SETTING, device: setting.device, shapes }),
}));

const LAUNCHED = {
  cpu: [CPU_SETTING, cases],
  warpgroup: [GPU_SETTING, casesOfGpu[0]!.all],
  warp: [WARP_SETTING, casesOfGpu[1]!.all],
} as const;

/** The last case of each build that a kernel has on GPUs. */
function ofEachBuild(kernel: string) {
  const builds = new Map<string, readonly [title: string, one: KernelCase, setting: Setting]>();
  for (const { setting, all } of casesOfGpu.toReversed())
    for (const one of all)
      if (one.kernel === kernel) builds.set(JSON.stringify(one.constants(setting)), [one.title, one, setting]);
  return [...builds.values()];
}

const kernels = [...new Set(cases.map(({ kernel }) => kernel))];

let cpu: Awaited<ReturnType<typeof openCpu>>;
beforeAll(async () => {
  cpu = await openCpu();
}, 60_000);
afterAll(() => cpu.device.close());

it("there are cases for every kernel", () => {
  expect(kernels.toSorted()).toEqual(cpu.bundle.kernels.filter(hasCases).sort());
});

it("products are tried with every tile that devices take", () => {
  for (const unit of ["cpu", "warp", "warpgroup"] as const)
    for (const [kernel, choices] of [
      ["matmul", PRODUCT_TILES],
      ["matmulAdd", PRODUCT_TILES],
      ["matmulGated", GATED_TILES],
    ] as const)
      for (const { tile } of choices[unit]) {
        const [setting, all] = LAUNCHED[unit];
        const constants = all.filter((one) => one.kernel === kernel).map((one) => one.constants(setting));
        expect(constants).toContainEqual(expect.objectContaining(tile));
      }
});

describe.each(kernels)("%s", (kernel) => {
  const own = (all: readonly KernelCase[]) => all.filter((one) => one.kernel === kernel);

  it.each(own(cases).map((one) => [one.title, one] as const))("%s", async (_, one) => {
    const prepared = one.prepare();
    expectResults(prepared, CPU_SETTING, await runCase(cpu.device, cpu.bundle, one, prepared, CPU_SETTING));
  });

  it.each(ofEachBuild(kernel))("%s, with a GPU's tiles", async (_, one, setting) => {
    const prepared = one.prepare();
    expectResults(prepared, setting, await runCase(cpu.device, cpu.bundle, one, prepared, setting));
  });
});

it("decodeAttention gives the same bits each time, whichever program ends last", async () => {
  const one = cases.findLast(({ kernel, title }) => kernel === "decodeAttention" && title.startsWith("random"))!;
  const prepared = one.prepare();
  const run = (times: number) => runCase(cpu.device, cpu.bundle, one, prepared, CPU_SETTING, times);
  const first = await run(1);
  const last = await run(300);
  expectResults(prepared, CPU_SETTING, last);
  expect(last.out).toEqual(first.out);
});
