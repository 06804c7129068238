/** Steps whose logits are shaped, alone and in a batch: each token against a reference over the logits of its own step. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { type GenerateOptions, readOptions } from "../../../runtime/generate/options.js";
import type { Batch } from "../../../runtime/models/batch.js";
import type { Decoder } from "../../../runtime/models/decoder.js";
import { loadDecoder, openModelFiles } from "../../../runtime/models/load.js";
import type { Runner, SamplingChoice } from "../../../runtime/models/runner.js";
import { promptOf, tinyPath } from "../generate/tiny-model.js";
import { logprobsOf, nextToken } from "./shaped-reference.js";

const DRAWN: GenerateOptions = { temperature: 1.2, topK: 15, topP: 0.95, seed: 5 };
const ALL: GenerateOptions = {
  ...{ repetitionPenalty: 1.3, presencePenalty: 0.6, frequencyPenalty: 0.2, logitBias: { 3: 2, 8: -100 }, logprobs: 5 },
};

const ASKED: Readonly<Record<string, GenerateOptions>> = {
  nothing: {},
  "a repetition penalty": { repetitionPenalty: 1.5 },
  "a presence penalty": { presencePenalty: 2 },
  "a frequency penalty": { frequencyPenalty: 0.9 },
  "negative penalties": { presencePenalty: -0.5, frequencyPenalty: -0.5 },
  biases: { logitBias: { 4: -100, 1: 1.5 } },
  "log probabilities": { logprobs: 20 },
  "all of it": ALL,
  "a draw with a least probability": { ...DRAWN, minP: 0.15 },
  "all of it, drawn": { ...DRAWN, ...ALL, minP: 0.05 },
};

const STEPS = 24;

const device = await CpuDevice.open({ threads: 2 });
let decoder: Decoder;
beforeAll(async () => {
  using files = openModelFiles(tinyPath());
  const layers = { attention: { kind: "dense" } as const, capacity: 160, sequences: 16 };
  decoder = await loadDecoder(device, files, layers);
});
afterAll(() => {
  decoder.close();
  device.close();
});

/** A sequence and what it has said; `steps` of it tell how what was asked is done. */
class Spoken {
  readonly runner: Runner = decoder.sequence();
  readonly prompt: readonly number[];
  readonly answer: number[] = [];
  readonly sampling: SamplingChoice;
  readonly #options: GenerateOptions;
  compared = 0;

  constructor(options: GenerateOptions, length: number) {
    this.prompt = promptOf(length);
    this.#options = options;
    this.sampling = readOptions({ seed: 0, ...options }, decoder.host.config.tokens).sampling;
    this.runner.grow(length + 2 * STEPS);
  }

  /** What the latest step has picked and told, where `batch` has done it or it was alone. */
  async hear(batch?: Batch): Promise<void> {
    const { runner, answer } = this;
    await runner.arrived();
    const step = answer.length;
    const logits = (await (batch ? batch.logits(runner) : runner.logits())).subarray(0, decoder.host.config.tokens);
    const token = batch ? batch.token(runner, step) : runner.token(step);
    const wanted = nextToken(logits, this);
    if (wanted.lead > 1e-3) {
      expect(token, `step ${step}`).toBe(wanted.token);
      this.compared++;
    }
    answer.push(token);
    const { logprobs: top } = this.#options;
    if (top === undefined) return;
    const told = batch ? batch.told(runner, step, top) : runner.told(step, top);
    const all = logprobsOf(logits);
    expect(told.token).toBe(token);
    expect(told.logprob).toBeCloseTo(all.find((one) => one.token === token)!.logprob, 4);
    expect(told.top.map((one) => one.token)).toEqual(all.slice(0, top).map((one) => one.token));
    for (const [place, one] of told.top.entries()) expect(one.logprob).toBeCloseTo(all[place]!.logprob, 4);
  }
}

describe.each(Object.entries(ASKED))("%s", (_, options) => {
  it("is done in steps alone", async () => {
    const one = new Spoken(options, 20);
    await one.runner.prefill(one.prompt, 0, one.sampling);
    await one.hear();
    for (let step = 1; step < STEPS; step++) {
      one.runner.step();
      await one.hear();
    }
    expect(one.compared).toBeGreaterThan(0.9 * STEPS);
    decoder.drop(one.runner);
  });
});

it("each in a batch has what it asks for, and alone again", async () => {
  const batch = decoder.batch!;
  const members = Object.values(ASKED).map((options, index) => new Spoken(options, 10 + 3 * index));
  for (const one of members) {
    await one.runner.prefill(one.prompt, 0, one.sampling);
    await one.hear();
  }
  await batch.arrange(members.map(({ runner }) => runner));
  for (let step = 0; step < STEPS; step++) {
    batch.step();
    for (const one of members) await one.hear(batch);
  }
  for (const one of members) {
    one.runner.step();
    await one.hear();
    expect(one.compared).toBeGreaterThan(0.9 * STEPS);
    decoder.drop(one.runner);
  }
});

it("what one answer asked for is not the next one's", async () => {
  const [first, second] = [new Spoken({ presencePenalty: 2 }, 12), new Spoken({}, 12)];
  await first.runner.prefill(first.prompt, 0, first.sampling);
  await first.runner.arrived();
  const said = new Spoken({ presencePenalty: 2 }, 12);
  for (const { runner, sampling } of [first, said]) await runner.prefill(first.prompt, 0, sampling);
  for (const { runner } of [first, said]) for (let step = 0; step < 8; step++) runner.step();
  await first.runner.arrived();
  const tokens = ({ runner }: Spoken) => Array.from({ length: 9 }, (_, step) => runner.token(step));
  expect(tokens(first)).toEqual(tokens(said));
  expect(first.runner.isShaped).toBe(true);
  for (const { runner } of [first, second]) {
    await runner.prefill(second.prompt, 0, second.sampling);
    for (let step = 0; step < 8; step++) runner.step();
    await runner.arrived();
  }
  expect(first.runner.isShaped).toBe(false);
  expect(tokens(first)).toEqual(tokens(second));
});
