import assert from "node:assert/strict";
import { Allocations } from "../../runtime/device/allocations.js";
import type { Device } from "../../runtime/device/device.js";
import type { ModelKernels } from "../../runtime/kernels/loaded.js";
import { cacheShape } from "../../runtime/models/cache.js";
import { allocateChunkBuffers } from "../../runtime/models/chunk-buffers.js";
import { Decoder } from "../../runtime/models/decoder.js";
import type { Runner, SamplingChoice } from "../../runtime/models/runner.js";
import { randomModel, type Sizes, untrained } from "./small-model.js";

/** Steps that each sequence goes by itself first, and steps that all go together then. */
export interface Plan {
  readonly apart: readonly number[];
  readonly together: number;
}

/** What bfloat16 makes of logits, as a part of their range. */
const FARTHEST = 6e-2;

/** Every second one greedy. */
const samplingOf = (index: number): SamplingChoice =>
  index % 2 === 0
    ? { temperature: 0, topK: 1, topP: 1, seed: 0 }
    : { temperature: 0.9, topK: 40, topP: 0.95, seed: index };

/** A model that was never trained, with what any family has, for several sequences at once. */
export async function batchModel(
  device: Device,
  kernels: ModelKernels,
  sizes: Sizes,
  capacity: number,
  sequences: number,
): Promise<Decoder> {
  const config = untrained(sizes);
  const { state, layers, ...host } = await randomModel(device, kernels, config, capacity);
  const memory = new Allocations(device);
  const shared = {
    ...{ ...host, scratch: state, rotaries: layers.map(({ rotary }) => rotary), windowed: undefined, capacity },
    buffers: allocateChunkBuffers(device, memory, config, host.weights, 64),
    shape: cacheShape(device, config, { kind: "dense" }, capacity),
  };
  return new Decoder(shared, memory, sequences);
}

const distance = (one: Float32Array, other: Float32Array): number => {
  const range = Math.max(...one) - Math.min(...one);
  return one.reduce((most, logit, id) => Math.max(most, Math.abs(logit - other[id]!) / range), 0);
};

/** Decodes as planned, each sequence beside a twin that goes on alone. Gives logits of all, a row a step, and how often two said the same. */
export async function batchSteps(device: Device, kernels: ModelKernels, sizes: Sizes, plan: Plan) {
  const capacity = Math.max(...plan.apart) + plan.together + 1;
  const decoder = await batchModel(device, kernels, sizes, capacity, plan.apart.length);
  const { batch, host } = decoder;
  const { tokens } = host.config;
  const ready = async (steps: number, sampling: SamplingChoice): Promise<Runner> => {
    const runner = decoder.sequence();
    runner.grow(capacity);
    await runner.begin(sampling);
    for (let step = 0; step < steps; step++) runner.step();
    await runner.arrived();
    return runner;
  };
  const members = [];
  for (const [index, steps] of plan.apart.entries()) {
    const pair = [await ready(steps, samplingOf(index)), await ready(steps, samplingOf(index))] as const;
    members.push({ runner: pair[0], twin: pair[1], steps, agrees: true });
  }
  await batch!.arrange(members.map(({ runner }) => runner));
  const steps: { readonly logits: readonly Float32Array[]; readonly picked: readonly number[] }[] = [];
  let [compared, farthest] = [0, 0];
  for (let step = 0; step < plan.together; step++) {
    batch!.step();
    await batch!.arrived();
    const logits: Float32Array[] = [];
    const picked: number[] = [];
    for (const member of members) {
      const { runner, twin, steps: before } = member;
      const mine = (await batch!.logits(runner)).subarray(0, tokens);
      logits.push(mine);
      picked.push(batch!.token(runner, before + step));
      if (!member.agrees) continue;
      twin.step();
      await twin.arrived();
      farthest = Math.max(farthest, distance((await twin.logits()).subarray(0, tokens), mine));
      member.agrees = twin.token(before + step) === picked.at(-1);
      if (member.agrees) compared++;
    }
    steps.push({ logits, picked });
  }
  decoder.close();
  return { steps, compared, farthest };
}

/** What a sequence says in a batch is what it says alone, up to the first close call. */
export async function expectBatch(device: Device, kernels: ModelKernels, sizes: Sizes, plan: Plan) {
  const result = await batchSteps(device, kernels, sizes, plan);
  const { steps, compared, farthest } = result;
  const logits = steps.flatMap((step) => step.logits);
  assert.ok(
    logits.every((row) => row.every(Number.isFinite) && row.some((logit) => logit !== 0)),
    "the logits are numbers",
  );
  assert.ok(farthest < FARTHEST, `a logit is ${farthest} of the range away from that of a step alone`);
  const all = plan.apart.length * plan.together;
  assert.ok(compared > 0.3 * all, `only ${compared} of ${all} tokens were compared`);
  return result;
}

/** Two devices give the same logits, as long as they picked the same tokens. */
export function expectSameSteps(
  one: Awaited<ReturnType<typeof batchSteps>>,
  other: Awaited<ReturnType<typeof batchSteps>>,
): void {
  const rows = one.steps[0]!.logits.length;
  let compared = 0;
  for (let row = 0; row < rows; row++)
    for (const [step, { logits, picked }] of one.steps.entries()) {
      const far = distance(logits[row]!, other.steps[step]!.logits[row]!);
      assert.ok(far < FARTHEST, `row ${row}, step ${step}: ${far} of the range away`);
      compared++;
      if (picked[row] !== other.steps[step]!.picked[row]) break;
    }
  assert.ok(compared > 2 * rows, `only ${compared} steps were compared`);
}
