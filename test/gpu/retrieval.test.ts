import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { runLayer } from "../runtime/reattention/layer.js";
import { expectedPicks, picksOf } from "../runtime/reattention/retrieval-cases.js";
import { openKernels } from "./devices.js";
import { inputOf, LAYERS, PICKS } from "./retrieval-scenes.js";

let both: Awaited<ReturnType<typeof openKernels>>;
before(async () => {
  both = await openKernels();
});
after(() => both.close());

describe("picks are those of float64", () => {
  for (const [title, one] of PICKS)
    test(title, async () => {
      const wanted = expectedPicks(one);
      const { scan, stream, quantized } = await picksOf(
        { device: both.gpu, memory: both.gpu, kernels: both.onGpu },
        one,
      );
      assert.deepEqual(stream, wanted);
      assert.deepEqual(scan, wanted);
      if (!quantized) return;
      assert.deepEqual(quantized.first, wanted);
      assert.deepEqual(quantized.second, wanted);
    });
});

describe("a layer on the GPU is the layer on the CPU executor", () => {
  for (const one of LAYERS)
    test(one.title, async () => {
      const { way } = one;
      const input = inputOf(one);
      const onGpu = { device: both.gpu, memory: both.gpu, kernels: both.onGpu };
      const onCpu = { device: both.cpu, memory: both.cpu, kernels: both.onCpu };
      const { out, ...choice } = await runLayer(onGpu, input, way);
      const { out: wanted, ...wantedChoice } = await runLayer(onCpu, input, way);
      assert.deepEqual(choice, wantedChoice);
      const worst = out.reduce((most, value, at) => Math.max(most, Math.abs(value - wanted[at]!)), 0);
      assert.ok(worst < 0.03, `outputs differ by ${worst}`);
    });
});
