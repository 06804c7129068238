/** Steps whose logits are shaped, alone and in a batch: each token against a reference over the logits of its own step. */

import assert from "node:assert/strict";
import { type GenerateOptions, readOptions } from "../../runtime/generate/options.js";
import type { Batch } from "../../runtime/models/batch.js";
import type { Decoder } from "../../runtime/models/decoder.js";
import type { Runner, SamplingChoice } from "../../runtime/models/runner.js";
import { logprobsOf, nextToken } from "./shaped-reference.js";

const DRAWN: GenerateOptions = { temperature: 1.2, topK: 15, topP: 0.95, seed: 5 };
const ALL: GenerateOptions = {
  ...{ repetitionPenalty: 1.3, presencePenalty: 0.6, frequencyPenalty: 0.2, logitBias: { 3: 2, 8: -100 }, logprobs: 5 },
};

/** What may be asked, by itself and together. */
export const ASKED: Readonly<Record<string, GenerateOptions>> = {
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

export const STEPS = 24;
/** Of the steps those that must not hang on rounding. */
const CLEAR = 0.9;

/** How far a log probability may be off. */
const TOLERANCE = 5e-5;

/** A sequence and what it has said. */
class Spoken {
  readonly runner: Runner;
  readonly prompt: readonly number[];
  readonly answer: number[] = [];
  readonly sampling: SamplingChoice;
  readonly #tokens: number;
  readonly #options: GenerateOptions;
  #clear = 0;

  constructor(decoder: Decoder, options: GenerateOptions, prompt: readonly number[]) {
    const { tokens } = decoder.host.config;
    this.runner = decoder.sequence();
    this.prompt = prompt;
    this.#tokens = tokens;
    this.#options = options;
    this.sampling = readOptions({ seed: 0, ...options }, tokens).sampling;
    this.runner.grow(prompt.length + 2 * STEPS);
  }

  async read(): Promise<void> {
    await this.runner.prefill(this.prompt, 0, this.sampling);
    await this.hear();
  }

  /** What the latest step has picked and told; a step of `batch`, or of it alone. */
  async hear(batch?: Batch): Promise<void> {
    const { runner, answer } = this;
    await runner.arrived();
    const step = answer.length;
    const logits = (await (batch ? batch.logits(runner) : runner.logits())).subarray(0, this.#tokens);
    const token = batch ? batch.token(runner, step) : runner.token(step);
    const wanted = nextToken(logits, this);
    if (wanted.lead > 1e-3) {
      assert.equal(token, wanted.token, `step ${step}`);
      this.#clear++;
    }
    answer.push(token);
    const { logprobs: top } = this.#options;
    if (top === undefined) return;
    const told = batch ? batch.told(runner, step, top) : runner.told(step, top);
    const all = logprobsOf(logits);
    assert.equal(told.token, token);
    const near = (got: number, want: number) => assert.ok(Math.abs(got - want) < TOLERANCE, `${got}, not ${want}`);
    near(told.logprob, all.find((one) => one.token === token)!.logprob);
    assert.deepEqual(
      told.top.map((one) => one.token),
      all.slice(0, top).map((one) => one.token),
    );
    for (const [place, one] of told.top.entries()) near(one.logprob, all[place]!.logprob);
  }

  /** Enough of its tokens were compared. */
  finish(decoder: Decoder): void {
    assert.ok(
      this.#clear > CLEAR * this.answer.length,
      `only ${this.#clear} of ${this.answer.length} tokens were compared`,
    );
    decoder.drop(this.runner);
  }
}

/** Steps of one sequence alone. */
export async function expectShaped(
  decoder: Decoder,
  options: GenerateOptions,
  prompt: readonly number[],
): Promise<void> {
  const one = new Spoken(decoder, options, prompt);
  await one.read();
  for (let step = 1; step < STEPS; step++) {
    one.runner.step();
    await one.hear();
  }
  one.finish(decoder);
}

/** Launches what the steps below do, and looks at nothing: their builds are recorded so. */
export async function launchShaped(decoder: Decoder, promptOf: (length: number) => readonly number[]): Promise<void> {
  const members = membersOf(decoder, promptOf);
  for (const { runner, prompt, sampling } of members) {
    await runner.prefill(prompt, 0, sampling);
    runner.step();
  }
  await decoder.batch!.arrange(members.map(({ runner }) => runner));
  decoder.batch!.step();
}

const membersOf = (decoder: Decoder, promptOf: (length: number) => readonly number[]): Spoken[] =>
  Object.values(ASKED).map((options, index) => new Spoken(decoder, options, promptOf(10 + 3 * index)));

/** Steps of sequences that each ask for something else, and then of each alone. */
export async function expectShapedBatch(
  decoder: Decoder,
  promptOf: (length: number) => readonly number[],
  steps = STEPS,
): Promise<void> {
  const batch = decoder.batch!;
  const members = membersOf(decoder, promptOf);
  for (const one of members) await one.read();
  await batch.arrange(members.map(({ runner }) => runner));
  for (let step = 1; step < steps; step++) {
    batch.step();
    await batch.arrived();
    for (const one of members) await one.hear(batch);
  }
  for (const one of members) {
    one.runner.step();
    await one.hear();
    one.finish(decoder);
  }
}
