import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ConstValue } from "../../compiler/ir/index.js";
import { GPU_TILES } from "../../runtime/kernels/tiles.js";
import { kernelCases } from "../model-kernels/cases.js";
import { expectAgreement, expectResults, runCase } from "../model-kernels/run.js";
import { CPU_SETTING, GPU_SETTING, isDense } from "../model-kernels/settings.js";
import { bundle, openBoth } from "./devices.js";

/** Sizes at the edges of the GPU's tiles, with heads as the bundle's kernels are built for. */
const cases = kernelCases({
  tiles: GPU_TILES,
  shapes: [
    { heads: 9, kvHeads: 3, D: 64 },
    { heads: 12, kvHeads: 4, D: 64 },
  ],
});

let both: Awaited<ReturnType<typeof openBoth>>;
before(async () => {
  both = await openBoth(bundle("models"));
});
after(() => both.close());

const text = (constants: Readonly<Record<string, ConstValue>>): string =>
  JSON.stringify(Object.entries(constants).sort(([a], [b]) => (a < b ? -1 : 1)));

test("there are cases for every build of every kernel", () => {
  const launched = new Set(cases.map((one) => `${one.kernel} ${text(one.constants(GPU_SETTING))}`));
  const built = both.onGpu.kernels.flatMap((name) => {
    const { source, builds } = both.onGpu.kernel(name).entry;
    return isDense(source.file) ? builds.map(({ constants }) => `${name} ${text(constants)}`) : [];
  });
  assert.ok(built.length > 0);
  assert.deepEqual(
    built.filter((one) => !launched.has(one)),
    [],
  );
});

for (const one of cases)
  test(`${one.kernel}: ${one.title}`, async () => {
    const prepared = one.prepare();
    const gpu = await runCase(both.gpu, both.onGpu, one, prepared, GPU_SETTING);
    expectResults(prepared, GPU_SETTING, gpu);
    const cpu = await runCase(both.cpu, both.onCpu, one, prepared, CPU_SETTING);
    expectResults(prepared, CPU_SETTING, cpu);
    expectAgreement(prepared, gpu, cpu);
  });

test("decodeAttention gives the same bits each time, whichever program ends last", async () => {
  for (const one of cases.filter(({ kernel, title }) => kernel === "decodeAttention" && title.startsWith("random"))) {
    const prepared = one.prepare();
    const run = (times: number) => runCase(both.gpu, both.onGpu, one, prepared, GPU_SETTING, times);
    const [first, last] = [await run(1), await run(2000)];
    expectResults(prepared, GPU_SETTING, last);
    assert.deepEqual(last.out, first.out, one.title);
  }
});
