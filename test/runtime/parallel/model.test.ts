/** A model over several CPU devices says token by token, logit by logit and pick by pick what it says on one. */

import { afterAll, beforeAll, expect, it } from "vitest";
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

/** More than fit the local part: tokens of the answer are among those that are picked from. */
const STEPS = 12;

const WINDOWED = readAttention("reattention:global=4,local=8,topK=4,span=4,clip=4,chunk=8", 4096);
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
    const { tokens, logits } = await say(sequence, prompt, sampling, STEPS);
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

let all: CpuGroup;
beforeAll(async () => {
  all = await CpuGroup.open(4, { threads: 1 });
});
afterAll(() => all.close());

async function load(path: string, ranks: number, options: Partial<ParallelOptions>) {
  using files = openModelFiles(path);
  const group = new CpuGroup(all.devices.slice(0, ranks));
  return await ParallelDecoder.load(group, files, { attention: WINDOWED, capacity: 160, ...options });
}

it.each([
  ["llama", [4]],
  ["gemma3", [3]],
] as const)("%s, dense, ranks %j", async (family, many) => {
  const path = tinyPath(family);
  const attention = { kind: "dense" } as const;
  const wanted = await alone(path, attention);
  for (const ranks of many) {
    // Of 4 ranks, two own nothing of the second prompt at first.
    const decoder = await load(path, ranks, { attention, block: 32 });
    const sequence = decoder.sequence();
    let compared = 0;
    for (const [index, [prompt, sampling]] of PROMPTS.entries()) {
      const { tokens, logits } = await say(sequence, prompt, sampling, STEPS);
      for (let step = 0; step <= STEPS; step++) {
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
      // Whatever the order of its sums, it is the same on every rank.
      for (let rank = 1; rank < ranks; rank++) expect(await sequence.logits(rank)).toEqual(logits.at(-1));
    }
    expect(compared).toBeGreaterThan(20);
    decoder.close();
  }
});

it.each([
  ["llama", [2, 4]],
  ["gemma3", [3]],
] as const)("%s with ReAttention, ranks %j", async (family, many) => {
  const path = tinyPath(family);
  const wanted = await alone(path, WINDOWED);
  for (const ranks of many) {
    // The second prompt is the cache's second use.
    const decoder = await load(path, ranks, { block: ranks === 4 ? 32 : 7 * ranks });
    const sequence = decoder.sequence();
    for (const [index, [prompt, sampling]] of PROMPTS.entries()) {
      const { tokens, logits } = await say(sequence, prompt, sampling, STEPS);
      expect(tokens).toEqual(wanted[index]!.tokens);
      // To the last bit: what is attended to is split as on one device, whoever owns it.
      expect(logits).toEqual(wanted[index]!.logits);
      for (let rank = 0; rank < ranks; rank++) expect(await decoder.seen(rank)).toEqual(wanted[index]!.seen);
    }
    decoder.close();
  }
});

it("a prompt that is stopped half-way leaves all ranks at the same place, and the next one is read as ever", async () => {
  const path = tinyPath();
  const decoder = await load(path, 3, { block: 16 });
  const sequence = decoder.sequence();
  const [prompt] = PROMPTS[0];
  const first = await say(sequence, prompt, GREEDY, 4);
  const stop = new AbortController();
  const stopped = sequence.prefill(prompt, 0, GREEDY, { signal: stop.signal, onProgress: () => stop.abort() });
  await expect(stopped).rejects.toThrow(/aborted/);
  expect(await say(sequence, prompt, GREEDY, 4)).toEqual(first);
  decoder.close();
});

it("a device that dies in the middle of an answer ends it with an error that names it, and nothing hangs", async () => {
  const path = tinyPath();
  const [first, second] = (await CpuGroup.open(2, { threads: 1 })).devices;
  const group = new CpuGroup([first!, second!]);
  using files = openModelFiles(path);
  const options = { attention: WINDOWED, capacity: 160, block: 16 };
  const decoder = await ParallelDecoder.load(group, files, options);
  const sequence = decoder.sequence();
  await say(sequence, PROMPTS[0][0], GREEDY, 1);
  sequence.grow(140);
  second!.close();
  expect(() => sequence.step()).toThrow(/^rank 1 \(CPU executor .*\) broke off: /);
  await expect(sequence.arrived()).rejects.toThrow(/^rank 1 \(CPU executor .*\) broke off: /);
  await expect(sequence.prefill(PROMPTS[0][0], 0, GREEDY)).rejects.toThrow(/^rank 1 \(/);
  first!.close();
});
