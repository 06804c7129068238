/** Several sequences in one step: beside each one alone, and beside the CPU executor. */

import { after, before, test } from "node:test";
import { batchModel, expectBatch, expectSameSteps, type Plan } from "../model-kernels/batch.js";
import { expectShapedBatch, STEPS } from "../model-kernels/shaped-steps.js";
import { BATCH, SHAPED } from "./batch-sizes.js";
import { openKernels } from "./devices.js";
import { chosen, repetitions } from "./sanitizer.js";

let both: Awaited<ReturnType<typeof openKernels>>;
before(async () => {
  both = await openKernels();
});
after(() => both.close());

/** Under a tool one layer of each kind. */
const layers = repetitions(BATCH.sizes.layers, 3);
const sizes = { ...BATCH.sizes, layers };

const TESTS = [
  {
    title: "what a sequence says in a batch is what it says alone",
    run: async () => {
      const plan = repetitions<Plan>(BATCH.plan, { apart: [0, 1, 3, 9, 2], together: 3 });
      await expectBatch(both.gpu, both.onGpu, sizes, plan);
    },
  },
  {
    title: "a batch says on the GPU what it says on the CPU executor",
    run: async () => {
      const plan = repetitions<Plan>({ apart: [0, 1, 2, 5], together: 12 }, { apart: [0, 1, 2, 5], together: 3 });
      const onGpu = await expectBatch(both.gpu, both.onGpu, sizes, plan);
      const onCpu = await expectBatch(both.cpu, both.onCpu, sizes, plan);
      expectSameSteps(onGpu, onCpu);
    },
  },
  {
    title: "each of a batch has what it asks of its logits",
    run: async () => {
      const { capacity, sequences, promptOf } = SHAPED;
      const decoder = await batchModel(both.gpu, both.onGpu, sizes, capacity, sequences);
      await expectShapedBatch(decoder, promptOf, repetitions(STEPS, 4));
      decoder.close();
    },
  },
];

for (const { title, run } of chosen(
  TESTS,
  ({ title }) => title,
  () => 1,
))
  test(title, run);
