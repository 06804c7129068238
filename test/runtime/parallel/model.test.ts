/** A model over several CPU devices says token by token, logit by logit and pick by pick what it says on one. */

import { expect, it } from "vitest";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { loadDecoder, openModelFiles } from "../../../runtime/models/load.js";
import type { SamplingChoice } from "../../../runtime/models/runner.js";
import { CpuGroup } from "../../../runtime/parallel/cpu-group.js";
import { ParallelDecoder, type ParallelOptions } from "../../../runtime/parallel/decoder.js";
import type { ParallelSequence } from "../../../runtime/parallel/sequence.js";
import { readAttention } from "../../../runtime/reattention/attention-options.js";
import { promptOf, tinyPath } from "../generate/tiny-model.js";

const GREEDY: SamplingChoice = { temperature: 0, topK: 1, topP: 1, seed: 0 };
const DRAWN: SamplingChoice = { temperature: 0.9, topK: 9, topP: 0.95, seed: 3 };

/** What a sequence says of a prompt, and then step by step: tokens, and logits of each. */
type Sequence = Pick<ParallelSequence, "grow" | "prefill" | "arrived" | "step" | "token" | "logits">;

async function say(sequence: Sequence, prompt: readonly number[], sampling: SamplingChoice, steps: number) {
  sequence.grow(prompt.length + steps);
  await sequence.prefill(prompt, 0, sampling);
  await sequence.arrived();
  const tokens = [sequence.token(0)];
  const logits = [await sequence.logits()];
  for (let step = 1; step <= steps; step++) {
    sequence.step();
    await sequence.arrived();
    tokens.push(sequence.token(step));
    logits.push(await sequence.logits());
  }
  return { tokens, logits };
}

const WINDOWED = readAttention("reattention:global=4,local=24,topK=4,span=8,clip=4,chunk=8", 4096);
const PROMPTS = [
  [promptOf(117), GREEDY],
  [promptOf(61, 5), DRAWN],
] as const;

/** The same on one device. */
async function alone(path: string, attention: ParallelOptions["attention"]) {
  using device = await CpuDevice.open({ threads: 1 });
  using files = openModelFiles(path);
  const decoder = await loadDecoder(device, files, { attention, capacity: 160 });
  const sequence = decoder.sequence();
  const said = [];
  for (const [prompt, sampling] of PROMPTS) {
    const { tokens, logits } = await say(sequence, prompt, sampling, 14);
    said.push({ tokens, logits, seen: await decoder.seen() });
  }
  decoder.close();
  return said;
}

const rangeOf = (logits: Float32Array) => Math.max(...logits) - Math.min(...logits);

/** Between the two largest. */
function gapOf(logits: Float32Array): number {
  const [first, second] = [...logits].sort((a, b) => b - a);
  return first! - second!;
}

/** What sums in another order make of logits, as a part of their range: in bf16 between layers a rounding may go the other way. */
const FARTHEST = 2e-2;

it.each(["llama", "mistral with windows"])("%s, dense, 2, 3 and 4 ranks", async (family) => {
  const path = tinyPath(family);
  const attention = { kind: "dense" } as const;
  const wanted = await alone(path, attention);
  using all = await CpuGroup.open(4, { threads: 1 });
  let compared = 0;
  for (const ranks of [2, 3, 4]) {
    const group = new CpuGroup(all.devices.slice(0, ranks));
    using files = openModelFiles(path);
    // Of 4 ranks, one owns nothing of the first prompt and two nothing of the second.
    const decoder = await ParallelDecoder.load(group, files, { attention, capacity: 160, block: 32 });
    const sequence = decoder.sequence();
    for (const [index, [prompt, sampling]] of PROMPTS.entries()) {
      const { tokens, logits } = await say(sequence, prompt, sampling, 14);
      for (let step = 0; step <= 14; step++) {
        const single = wanted[index]!.logits[step]!;
        const farthest = Math.max(...logits[step]!.map((logit, id) => Math.abs(logit - single[id]!)));
        expect(farthest).toBeLessThan(FARTHEST * rangeOf(single));
        // A draw that was close may go the other way, and all that follows with it.
        if (tokens[step] !== wanted[index]!.tokens[step]) {
          expect(sampling === DRAWN || gapOf(single) < FARTHEST * rangeOf(single)).toBe(true);
          break;
        }
        compared++;
      }
      // Whatever the order, it is the same on every rank.
      for (let rank = 1; rank < ranks; rank++) expect(await sequence.logits(rank)).toEqual(logits.at(-1));
    }
    decoder.close();
  }
  expect(compared).toBeGreaterThan(60);
});

it.each(["llama", "qwen3", "mistral with windows"])("%s with ReAttention, 2, 3 and 4 ranks", async (family) => {
  const path = tinyPath(family);
  const wanted = await alone(path, WINDOWED);
  using all = await CpuGroup.open(4, { threads: 1 });
  for (const [ranks, block] of [
    [2, 16],
    [3, 7],
    [4, 32],
  ] as const) {
    const group = new CpuGroup(all.devices.slice(0, ranks));
    using files = openModelFiles(path);
    const decoder = await ParallelDecoder.load(group, files, { attention: WINDOWED, capacity: 160, block });
    const sequence = decoder.sequence();
    for (const [index, [prompt, sampling]] of PROMPTS.entries()) {
      const { tokens, logits } = await say(sequence, prompt, sampling, 14);
      expect(tokens).toEqual(wanted[index]!.tokens);
      // To the last bit: what is attended to is split as on one device, whoever owns it.
      expect(logits).toEqual(wanted[index]!.logits);
      for (const seen of await decoder.seen()) expect(seen).toEqual(wanted[index]!.seen);
    }
    decoder.close();
  }
});
