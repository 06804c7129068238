/** Decode and prefill of a model, ours and Hugging Face transformers' in one run. */

import { Model } from "../runtime/models/model.js";
import { type Environment, environment, median } from "./environment.js";
import { type Absent, measurePeer, notAskedFor } from "./peers.js";

export interface Rates {
  readonly name: string;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
}

export interface ModelBench {
  readonly path: string;
  readonly device: "cuda" | "cpu";
  /** Tokens of the prompt, and of an answer. */
  readonly prefill: number;
  readonly decode: number;
  readonly peer: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

export interface ModelResults extends Environment {
  readonly prefill: number;
  readonly decode: number;
  readonly ours: Rates & {
    readonly firstTokenMs: readonly number[];
    readonly generations: readonly number[];
    readonly stepGpuMs: readonly number[];
    readonly prefillMs: readonly number[];
  };
  readonly peer: Rates | Absent;
}

const GREEDY = { temperature: 0, topK: 1, topP: 1, seed: 0 };
const ROUNDS = 5;
/** Short prompts are quick on a GPU, and quick times scatter. */
const EFFORT = { cuda: { prefills: 10, steps: 64 }, cpu: { prefills: 1, steps: 4 } } as const;

export async function benchModel(bench: ModelBench): Promise<ModelResults> {
  const { prefill, decode, path, signal, onProgress } = bench;
  const mine = await ours(bench);
  onProgress?.("Measuring transformers");
  const peer = bench.peer
    ? await measurePeer<Rates>(
        "transformers",
        "transformers_model.py",
        ["--model", path, "--prefill", String(prefill), "--decode", String(decode)],
        signal,
      )
    : notAskedFor("transformers");
  return { ...mine.where, prefill, decode, ours: mine.ours, peer };
}

/** Ours: wall clock of whole generations as a program sees them, and the GPU's own time of a step. */
async function ours({ path, device: kind, prefill, decode, signal, onProgress }: ModelBench) {
  using model = await Model.load({ path, device: kind, context: Math.max(prefill, decode + 256, 2048) });
  const { runner, device } = model;
  const effort = EFFORT[device.kind];
  const generations: number[] = [];
  const firstTokenMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    onProgress?.(`Generating ${decode} tokens, ${round + 1} of ${ROUNDS}`);
    const prompt = `Write a very long story about the number ${round}.`;
    const { timings } = await model.generate(prompt, { maxTokens: decode, signal }).result;
    generations.push(timings.tokensPerSecond);
    firstTokenMs.push(timings.firstTokenMs);
  }
  const stepGpuMs: number[] = [];
  // As long as a generation is in the middle.
  await runner.prefill(
    Array.from({ length: decode >> 1 }, (_, index) => (index * 7919 + 13) % model.config.vocabulary),
    0,
    GREEDY,
  );
  runner.grow(2048);
  for (let round = 0; round < ROUNDS; round++) {
    signal?.throwIfAborted();
    stepGpuMs.push((await runner.timeSteps(effort.steps)) / effort.steps);
  }
  const ids = Array.from({ length: prefill }, (_, index) => (index * 7919 + 13) % model.config.vocabulary);
  const prefillMs: number[] = [];
  for (let round = 0; round < effort.prefills; round++) {
    onProgress?.(`Reading ${prefill} tokens, ${round + 1} of ${effort.prefills}`);
    const began = performance.now();
    await runner.prefill(ids, 0, GREEDY, { signal });
    await device.synchronize();
    prefillMs.push(performance.now() - began);
  }
  return {
    ours: {
      name: "TileScript",
      prefillTokensPerSecond: (prefill / median(prefillMs)) * 1000,
      decodeTokensPerSecond: median(generations.slice(1)),
      firstTokenMs,
      generations,
      stepGpuMs,
      prefillMs,
    },
    where: environment(device),
  };
}

/** Tokens a second, a line a program. */
export function modelTable({ prefill, decode, ours, peer }: ModelResults): string {
  const line = (name: string, first: string, second: string, unit = "") =>
    `${name.padEnd(14)} ${first.padStart(14)} ${second.padStart(12)}${unit}`;
  const whole = (value: number) => Math.round(value).toLocaleString("en");
  const row = ({ name, prefillTokensPerSecond, decodeTokensPerSecond }: Rates) =>
    line(name, whole(prefillTokensPerSecond), whole(decodeTokensPerSecond));
  const ratio = (theirs: Rates, key: "prefillTokensPerSecond" | "decodeTokensPerSecond") =>
    `${(ours[key] / theirs[key]).toFixed(2)}×`;
  return [
    line("", `prefill ${prefill}`, `decode ${decode}`, "   tokens a second"),
    row(ours),
    ...("absent" in peer
      ? [`${peer.name.padEnd(14)} not measured: ${peer.absent}`]
      : [row(peer), line("ratio", ratio(peer, "prefillTokensPerSecond"), ratio(peer, "decodeTokensPerSecond"))]),
  ].join("\n");
}
