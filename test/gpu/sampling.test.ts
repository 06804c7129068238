import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bellLogits } from "../model-kernels/cases/sample-top.js";
import { bySteps, drawTokens } from "../model-kernels/draws.js";
import { chancesOf, draw, type Sampling } from "../model-kernels/sampler.js";
import {
  expectChances,
  expectExtremes,
  expectGreedy,
  expectIndependence,
  expectReferenceDraws,
  SAMPLINGS,
  type Sampler,
} from "../model-kernels/sampling.js";
import { CPU_SETTING, GPU_SETTING } from "../model-kernels/settings.js";
import { openKernels } from "./devices.js";

let both: Awaited<ReturnType<typeof openKernels>>;
let sampler: Sampler;
before(async () => {
  both = await openKernels();
  sampler = { device: both.gpu, bundle: both.onGpu, setting: GPU_SETTING };
});
after(() => both.close());

/** As many logits as SmolLM2 has. */
const large = (sampling: Partial<Sampling>): Sampling => ({
  logits: bellLogits(49152),
  temperature: 1,
  topK: 49152,
  topP: 1,
  ...sampling,
});

const samplings: Readonly<Record<string, Sampling>> = {
  ...SAMPLINGS,
  "the best 40 of a vocabulary": large({ topK: 40 }),
  "nine tenths of a vocabulary": large({ topP: 0.9 }),
  "a whole vocabulary": large({}),
};

for (const [title, sampling] of Object.entries(samplings)) {
  test(`${title} comes as often as its chances say`, () => expectChances(sampler, sampling, 5000));
  test(`${title}: what the reference draws`, () => expectReferenceDraws(sampler, sampling, 300));
}

test("each token is drawn without regard to the one before", () => expectIndependence(sampler, 10_000));
test("the best is taken where one may be", () => expectGreedy(sampler, [1, 2, 1023, 1024, 1025, 8193, 49152]));
test("the most extreme noise gets its due", () => expectExtremes(sampler));

/** Noise is the same 32 bits on both; its logarithms differ by rounding, so draws differ only where two tokens are that close. */
test("a seed draws the same tokens on both devices, unless two are closer than rounding", async () => {
  const sampling = SAMPLINGS["anything, hot"]!;
  const drawings = bySteps(2000);
  const onGpu = await drawTokens(both.gpu, both.onGpu, GPU_SETTING, sampling, drawings);
  const onCpu = await drawTokens(both.cpu, both.onCpu, CPU_SETTING, sampling, drawings);
  const chances = chancesOf(sampling);
  for (const [index, { seed, step }] of drawings.entries())
    assert.ok(onGpu[index] === onCpu[index] || draw(chances, seed, step).lead < 1e-3, `seed ${seed}, step ${step}`);
});
