/** Every kernel of dense models on the CPU executor, against float64. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TILES } from "../../runtime/kernels/tiles.js";
import type { KernelCase } from "./case.js";
import { kernelCases } from "./cases.js";
import { openCpu } from "./on-cpu.js";
import { expectResults, runCase } from "./run.js";
import { CPU_SETTING, GPU_SETTING, SHAPES } from "./settings.js";

/** The first are small and tried at every edge. */
const shapes = [{ heads: 6, kvHeads: 2, D: 32 }, { heads: 4, kvHeads: 4, D: 32 }, ...SHAPES];
const cases = kernelCases({ tiles: TILES.cpu, set: "cpu", shapes });

/** Of sizes that are quick on a CPU, save those of matrix products: groups of tiles show only where there are more tiles than one group. */
const { matmul, matmulAdd, matmulGated } = TILES.gpu;
const casesOfGpu = kernelCases({ tiles: { ...TILES.cpu, matmul, matmulAdd, matmulGated }, set: "cpu", shapes });

/** The last case of each choice of a format or an epilogue. */
const ofEachChoice = (all: readonly KernelCase[]): KernelCase[] => [
  ...new Map(all.map((one) => [JSON.stringify(one.constants(GPU_SETTING)), one])).values(),
];

const kernels = [...new Set(cases.map(({ kernel }) => kernel))];

let cpu: Awaited<ReturnType<typeof openCpu>>;
beforeAll(async () => {
  cpu = await openCpu();
}, 60_000);
afterAll(() => cpu.device.close());

it("there are cases for every kernel", () => {
  expect(kernels.toSorted()).toEqual([...cpu.bundle.kernels].sort());
});

describe.each(kernels)("%s", (kernel) => {
  const own = (all: readonly KernelCase[]) => all.filter((one) => one.kernel === kernel);

  it.each(own(cases).map((one) => [one.title, one] as const))("%s", async (_, one) => {
    const prepared = one.prepare();
    expectResults(prepared, CPU_SETTING, await runCase(cpu.device, cpu.bundle, one, prepared, CPU_SETTING));
  });

  it.each(ofEachChoice(own(casesOfGpu)).map((one) => [one.title, one] as const))(
    "%s, with a GPU's tiles",
    async (_, one) => {
      const prepared = one.prepare();
      expectResults(prepared, GPU_SETTING, await runCase(cpu.device, cpu.bundle, one, prepared, GPU_SETTING));
    },
  );
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
