/** One row of the table: a model with one way of attending, after one length of context. */

import type { Device } from "../../runtime/device/device.js";
import { cacheBytesPerToken, cacheShape, tokensThatFit } from "../../runtime/models/cache.js";
import type { ModelConfig } from "../../runtime/models/config.js";
import { loadDecoder, type ModelFiles } from "../../runtime/models/load.js";
import type { ModelSequence } from "../../runtime/models/runner.js";
import { rowBytes } from "../../runtime/models/sizes.js";
import { type AttentionOptions, attentionText, windowSize } from "../../runtime/reattention/index.js";
import { median } from "../environment.js";
import { normalNumbers } from "../reattention/keys.js";
import type { Row } from "./results.js";

export interface Job {
  readonly attention: AttentionOptions;
  readonly tokens: number;
  /** Whether a prompt is read, or the cache filled with normal numbers as if one had been. */
  readonly reads: boolean;
}

export interface Subject {
  readonly files: ModelFiles;
  readonly weightBytes: number;
}

export interface MeasureOptions {
  readonly bundle: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

/** Steps of one measurement, and measurements; prompts that are quick are read up to so often, for so long. */
const EFFORT = {
  cuda: { steps: 16, rounds: 5, prompts: 5, promptsMs: 3000 },
  cpu: { steps: 2, rounds: 3, prompts: 1, promptsMs: 0 },
} as const;

const GREEDY = { temperature: 0, topK: 1, topP: 1, seed: 0 };
/** What runs before any clock: a GPU loads modules at their first launch. The CPU executor's times need not be that clean. */
const WARM_UP = { steps: 2, tokens: { cuda: 1024, cpu: 32 } } as const;

/**
 * Loads the model for exactly this context and measures it: what it takes of the device then does not depend on what else is measured. Throws
 * OutOfMemoryError where it does not fit. The device must have nothing else on it.
 */
export async function measureRow(device: Device, subject: Subject, job: Job, options: MeasureOptions): Promise<Row> {
  const { files, weightBytes } = subject;
  const { config } = files;
  const { attention, tokens } = job;
  const { signal } = options;
  const effort = EFFORT[device.kind];
  const free = device.memory().free;
  const capacity = tokens + WARM_UP.steps + effort.steps * effort.rounds + 1;
  const decoder = await loadDecoder(device, files, { capacity, attention, bundle: options.bundle, signal });
  try {
    const runner = decoder.sequence();
    signal?.throwIfAborted();
    // Memory for all that follows is there before any clock runs.
    runner.grow(runner.capacity);
    const firstTokenMs = job.reads ? await readPrompt(runner, job, options) : await fillCache(runner, tokens);
    await runner.timeSteps(WARM_UP.steps);
    const steps: number[] = [];
    for (let round = 0; round < effort.rounds; round++) {
      signal?.throwIfAborted();
      steps.push((await runner.timeSteps(effort.steps)) / effort.steps);
    }
    return {
      attention: attentionText(attention),
      tokens,
      firstTokenMs,
      tokenMs: median(steps),
      memoryBytes: free - device.memory().free,
      neededBytes: weightBytes + tokens * cacheBytesPerToken(cacheShape(device, config, attention, capacity)),
    };
  } finally {
    decoder.close();
  }
}

/** Loaded to see what a model leaves free: more than a chunk, and little of any memory. */
const SMALL = 2048;

/** About how many tokens of context the device has memory for beside the weights, rounded down; undefined where not even those fit. */
export async function tokensBeside(
  device: Device,
  { files }: Subject,
  { attention, tokens }: Job,
  { bundle }: MeasureOptions,
): Promise<number | undefined> {
  try {
    const capacity = Math.min(tokens, SMALL);
    const decoder = await loadDecoder(device, files, { capacity, attention, bundle });
    decoder.sequence();
    const fits = tokensThatFit(device, cacheShape(device, files.config, attention, tokens));
    decoder.close();
    return fits < 1 ? undefined : roundedDown(fits);
  } catch (error) {
    if (!["OutOfMemoryError", "ModelError"].includes((error as Error).name)) throw error;
    return undefined;
  }
}

/** To two digits, in thousands as people type them. */
function roundedDown(tokens: number): number {
  const unit = tokens < 1024 ? 1 : 1024;
  const step = unit * 10 ** Math.max(0, Math.floor(Math.log10(tokens / unit)) - 1);
  return Math.floor(tokens / step) * step;
}

/** Milliseconds until the first token is there. A prompt before goes just far enough beyond the window to launch everything once. */
async function readPrompt(runner: ModelSequence, { tokens, attention }: Job, { signal, onProgress }: MeasureOptions) {
  const { device, config } = runner;
  const effort = EFFORT[device.kind];
  const prompt = promptOf(tokens, config);
  const window = device.kind === "cuda" && attention.kind !== "dense" ? windowSize(attention) + attention.chunk : 0;
  await runner.prefill(prompt.slice(0, window + WARM_UP.tokens[device.kind]), 0, GREEDY, { signal });
  await runner.timeSteps(WARM_UP.steps);
  const times: number[] = [];
  for (let spent = 0; times.length === 0 || (times.length < effort.prompts && spent < effort.promptsMs); ) {
    const began = performance.now();
    await runner.prefill(prompt, 0, GREEDY, {
      signal,
      onProgress: (done) => onProgress?.(`reading ${Math.round((100 * done) / tokens)} %`),
    });
    await runner.arrived();
    times.push(performance.now() - began);
    spent += times.at(-1)!;
  }
  return median(times);
}

/** A cache of normal numbers. */
export async function fillCache(runner: ModelSequence, tokens: number): Promise<undefined> {
  const { device, config } = runner;
  const numbers = await normalNumbers(device, tokens * rowBytes(config));
  await runner.pretend(tokens, GREEDY, numbers.fill);
  await device.synchronize();
  numbers.free();
}

/** A prompt of all kinds of tokens: no attention's time depends on what they say. */
const promptOf = (count: number, { vocabulary }: ModelConfig): number[] =>
  Array.from({ length: count }, (_, i) => (i * 7919 + (i >> 9) * 31 + 13) % vocabulary);
