import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readBundle } from "../../runtime/bundle/files.js";
import { isBuild } from "../../runtime/device/select.js";
import type { KernelCase } from "../model-kernels/case.js";
import { expectAgreement, expectResults, runCase } from "../model-kernels/run.js";
import { CPU_SETTING, GPU_SETTING, hasCases, isDense } from "../model-kernels/settings.js";
import { bundle, openKernels } from "./devices.js";
import { buildOf } from "./model-kernel-builds.js";
import { gpuCases as cases } from "./model-kernel-cases.js";
import { chosen, repetitions } from "./sanitizer.js";

let both: Awaited<ReturnType<typeof openKernels>>;
before(async () => {
  both = await openKernels();
});
after(() => both.close());

test("there are cases for every kernel, and for every build that the demo model launches", async () => {
  const launched = cases.map(buildOf);
  const { manifest } = await readBundle(bundle("models"));
  const dense = manifest.kernels.filter(({ name, source }) => isDense(source.file) && hasCases(name));
  assert.ok(dense.some(({ variants }) => variants.length > 0));
  for (const { name, variants } of dense) {
    const mine = launched.filter(({ kernel }) => kernel === name);
    assert.ok(mine.length > 0, name);
    for (const variant of variants)
      assert.ok(
        mine.some((one) => isBuild(variant, one)),
        `${name} ${JSON.stringify(variant.constants)}`,
      );
  }
});

function bytesOf(one: KernelCase): number {
  const { buffers, own } = one.prepare();
  return Object.values({ ...buffers, ...own?.(GPU_SETTING) }).reduce((sum, { data }) => sum + data.byteLength, 0);
}

const run = chosen(cases, (one) => JSON.stringify(buildOf(one)), bytesOf);
for (const one of run)
  test(`${one.kernel}: ${one.title}`, async () => {
    const prepared = one.prepare();
    const gpu = await runCase(both.gpu, both.onGpu, one, prepared, GPU_SETTING);
    expectResults(prepared, GPU_SETTING, gpu);
    const cpu = await runCase(both.cpu, both.onCpu, one, prepared, CPU_SETTING);
    expectResults(prepared, CPU_SETTING, cpu);
    expectAgreement(prepared, gpu, cpu);
  });

test("decodeAttention gives the same bits each time, whichever program ends last", async () => {
  for (const one of run.filter(({ kernel, title }) => kernel === "decodeAttention" && title.startsWith("random"))) {
    const prepared = one.prepare();
    const after = (times: number) => runCase(both.gpu, both.onGpu, one, prepared, GPU_SETTING, times);
    const [first, last] = [await after(1), await after(repetitions(2000, 10))];
    expectResults(prepared, GPU_SETTING, last);
    assert.deepEqual(last.out, first.out, one.title);
  }
});
