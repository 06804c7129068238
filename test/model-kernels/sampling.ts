import assert from "node:assert/strict";
import type { Device, LoadedBundle } from "../../runtime/device/device.js";
import type { Setting } from "./case.js";
import { bellLogits } from "./cases/sample-top.js";
import { bySeeds, bySteps, type Drawing, drawTokens, greedyToken } from "./draws.js";
import { chancesOf, draw, randomBits, type Sampling } from "./sampler.js";

/** A device with the kernels on it. */
export interface Sampler {
  readonly device: Device;
  readonly bundle: LoadedBundle;
  readonly setting: Setting;
}

const tokensOf = ({ device, bundle, setting }: Sampler, sampling: Sampling, drawings: readonly Drawing[]) =>
  drawTokens(device, bundle, setting, sampling, drawings);

/** Logits with ties: the third best is there four times. */
const tied = Float32Array.of(2, 1, 0.5, -3, 0.5, 0.5, 0.5, -1);

export const SAMPLINGS: Readonly<Record<string, Sampling>> = {
  "anything, cold": { logits: bellLogits(40), temperature: 0.7, topK: 40, topP: 1 },
  "anything, hot": { logits: bellLogits(300), temperature: 2, topK: 300, topP: 1 },
  "the best 10": { logits: bellLogits(1000), temperature: 1, topK: 10, topP: 1 },
  "three quarters": { logits: bellLogits(500), temperature: 1, topK: 500, topP: 0.75 },
  "nine tenths of the best 20": { logits: bellLogits(70), temperature: 1.5, topK: 20, topP: 0.9 },
  "a twentieth of the best": { logits: bellLogits(300), temperature: 1.5, topK: 300, topP: 1, minP: 0.05 },
  "the best 3 of a tie": { logits: tied, temperature: 1, topK: 3, topP: 1 },
};

/** Five standard deviations: a right sampler fails once in a million comparisons. */
const SIGMAS = 5;

function expectFrequencies(tokens: readonly number[], chances: ReadonlyMap<number, number>): void {
  const count = tokens.length;
  const counts = new Map<number, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  for (const [token, times] of counts)
    assert.ok(chances.has(token), `token ${token}, drawn ${times} times, has no chance`);
  let rest = { expected: 0, got: 0 };
  let [square, cells] = [0, 0];
  const add = (expected: number, got: number): void => {
    square += (got - expected) ** 2 / expected;
    cells++;
  };
  for (const [token, chance] of chances) {
    const [expected, got] = [count * chance, counts.get(token) ?? 0];
    if (expected < 5) rest = { expected: rest.expected + expected, got: rest.got + got };
    else add(expected, got);
    const limit = SIGMAS * Math.sqrt(expected * (1 - chance)) + 3;
    assert.ok(Math.abs(got - expected) <= limit, `token ${token}: ${got} draws of ${count}, expected ${expected}`);
  }
  if (rest.expected >= 5) add(rest.expected, rest.got);
  const freedom = Math.max(1, cells - 1);
  assert.ok(
    square <= freedom + SIGMAS * Math.sqrt(2 * freedom) + 5,
    `χ² is ${square} with ${freedom} degrees of freedom`,
  );
}

/** Draws come as often as their chances say, over the steps of one seed and over seeds. */
export async function expectChances(sampler: Sampler, sampling: Sampling, count: number): Promise<void> {
  const chances = chancesOf(sampling);
  for (const drawings of [bySteps(count), bySeeds(count)])
    expectFrequencies(await tokensOf(sampler, sampling, drawings), chances);
}

/** One draw does not tell the next: pairs of neighbours come as often as the product of their chances says. */
export async function expectIndependence(sampler: Sampler, count: number): Promise<void> {
  const sampling = { logits: Float32Array.of(1, 0.5, 0, -0.5), temperature: 1, topK: 4, topP: 1 };
  const chances = [...chancesOf(sampling)];
  const pairs = chances.flatMap(([one, p]) => chances.map(([two, q]) => [one * 4 + two, p * q] as const));
  for (const drawings of [bySteps(2 * count), bySeeds(2 * count)]) {
    const tokens = await tokensOf(sampler, sampling, drawings);
    const both = Array.from({ length: count }, (_, index) => tokens[2 * index]! * 4 + tokens[2 * index + 1]!);
    expectFrequencies(both, new Map(pairs));
  }
}

/** Where the best is unique, taking one of one is taking the best, whatever temperature and seed. */
export async function expectGreedy({ device, bundle, setting }: Sampler, counts: readonly number[]): Promise<void> {
  for (const count of counts) {
    const logits = bellLogits(count);
    const greedy = await greedyToken(device, bundle, setting, logits);
    assert.equal(greedy, logits.indexOf(logits.reduce((a, b) => Math.max(a, b))));
    for (const temperature of [0.01, 1, 100]) {
      const sampling = { logits, temperature, topK: 1, topP: 1 };
      const tokens = await drawTokens(device, bundle, setting, sampling, bySeeds(4));
      assert.deepEqual(tokens, [greedy, greedy, greedy, greedy]);
    }
  }
}

/** Draws are those of the float64 reference, where the winner leads by more than f32 rounds. */
export async function expectReferenceDraws(sampler: Sampler, sampling: Sampling, count: number): Promise<void> {
  const chances = chancesOf(sampling);
  const drawings = bySeeds(count);
  const tokens = await tokensOf(sampler, sampling, drawings);
  let sure = 0;
  for (const [index, { seed, step }] of drawings.entries()) {
    const { token, lead } = draw(chances, seed, step);
    if (lead < 1e-3) continue;
    sure++;
    assert.equal(tokens[index], token, `seed ${seed}, step ${step}, lead ${lead}`);
  }
  assert.ok(sure > 0.95 * count, `only ${sure} of ${count} draws were sure`);
}

/** The first step in which any of the tokens from 1 on gets such random bits. */
function stepWith(wanted: (bits: number) => boolean, seed: number, tokens: number): number {
  for (let step = 0; ; step++)
    for (let token = 1; token < tokens; token++) if (wanted(randomBits(seed, step, token))) return step;
}

/** The largest and the smallest noise there is fall on tokens with little chance: the largest makes one win, the smallest none. */
export async function expectExtremes(sampler: Sampler): Promise<void> {
  const [seed, count] = [3, 200];
  const logits = new Float32Array(count).fill(-12);
  logits[0] = 0;
  const sampling = { logits, temperature: 1, topK: count, topP: 1 };
  const extremes = [(bits: number) => bits < 2 ** 8, (bits: number) => bits >= 2 ** 32 - 2 ** 8];
  const drawings = extremes.map((wanted) => ({ seed, step: stepWith(wanted, seed, count) }));
  const [largest, smallest] = await tokensOf(sampler, sampling, drawings);
  const chances = chancesOf(sampling);
  assert.equal(largest, draw(chances, seed, drawings[0]!.step).token);
  assert.notEqual(largest, 0);
  assert.equal(smallest, 0);
}
