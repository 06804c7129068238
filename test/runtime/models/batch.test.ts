/** A step of several sequences gives each what a step of its own would, up to rounding: their tokens, logits and caches. */

import { afterAll, describe, expect, it } from "vitest";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { loadDecoder, openModelFiles } from "../../../runtime/models/load.js";
import type { Runner, SamplingChoice } from "../../../runtime/models/runner.js";
import { promptOf, tinyPath } from "../generate/tiny-model.js";

const device = await CpuDevice.open({ threads: 2 });
afterAll(() => device.close());

const GREEDY: SamplingChoice = { temperature: 0, topK: 1, topP: 1, seed: 0 };
const drawn = (seed: number): SamplingChoice => ({ temperature: 0.8, topK: 9, topP: 0.9, seed });

/**
 * What bfloat16 makes of logits, as a part of their range: in the random gemma2, a step and a chunk of the same token are 4e-2 apart, in others a tenth
 * of that.
 */
const FARTHEST = 6e-2;

async function open(family: string, sequences = 8) {
  using files = openModelFiles(tinyPath(family));
  return await loadDecoder(device, files, { attention: { kind: "dense" }, capacity: 160, sequences });
}

const rangeOf = (logits: Float32Array) => Math.max(...logits) - Math.min(...logits);

/** Between the two largest. */
function gapOf(logits: Float32Array): number {
  const [first, second] = [...logits].sort((a, b) => b - a);
  return first! - second!;
}

interface Member {
  readonly runner: Runner;
  /** Reads the same and steps alone. */
  readonly twin: Runner;
  readonly sampling: SamplingChoice;
  apart: boolean;
}

describe.each([
  "llama",
  "llama with biases",
  "mistral with windows",
  "smollm3",
  "qwen3",
  "gemma2",
  "gemma3",
  "phi3",
  "mixtral",
])("%s", (family) => {
  it("each sequence of a batch goes on as it would alone", async () => {
    const decoder = await open(family);
    const batch = decoder.batch!;
    const join = async (length: number, sampling: SamplingChoice): Promise<Member> => {
      const [runner, twin] = [decoder.sequence(), decoder.sequence()];
      for (const one of [runner, twin]) {
        one.grow(length + 40);
        await one.prefill(promptOf(length), 0, sampling);
      }
      await twin.arrived();
      return { runner, twin, sampling, apart: false };
    };
    let compared = 0;
    const steps = new Map<Runner, number>();
    const go = async (members: readonly Member[], count: number) => {
      await batch.arrange(members.map(({ runner }) => runner));
      for (let step = 0; step < count; step++) {
        batch.step();
        await batch.arrived();
        for (const member of members) {
          const { runner, twin, sampling } = member;
          const at = (steps.get(runner) ?? 0) + 1;
          steps.set(runner, at);
          if (member.apart) continue;
          twin.step();
          await twin.arrived();
          const [together, alone] = [await batch.logits(runner), await twin.logits()];
          const farthest = Math.max(...alone.map((logit, id) => Math.abs(logit - together[id]!)));
          expect(farthest / rangeOf(alone)).toBeLessThan(FARTHEST);
          if (batch.token(runner, at) !== twin.token(at)) {
            // A close call: from here on the two say different things.
            if (sampling === GREEDY) expect(gapOf(alone)).toBeLessThan(2 * farthest);
            member.apart = true;
          } else compared++;
        }
      }
    };
    const members = [
      await join(1, GREEDY),
      await join(33, drawn(1)),
      await join(70, GREEDY),
      await join(131, drawn(2)),
      await join(12, drawn(3)),
    ];
    await go(members.slice(0, 2), 5);
    // Others join, one leaves, and the order is another.
    await go([...members.slice(1), members[0]!], 5);
    await go([members[4]!, members[2]!], 5);
    expect(compared).toBeGreaterThan(20);
    // And alone again.
    const [first] = members;
    if (!first!.apart) {
      const at = steps.get(first!.runner)! + 1;
      for (const one of [first!.runner, first!.twin]) one.step();
      await first!.twin.arrived();
      expect(first!.runner.token(at)).toBe(first!.twin.token(at));
    }
    decoder.close();
  });
});

it("a batch may have as many rows as there are, and rows that are nobody's", async () => {
  const decoder = await open("llama", 64);
  const runners = Array.from({ length: 37 }, () => decoder.sequence());
  for (const [index, runner] of runners.entries()) {
    runner.grow(60);
    await runner.prefill(promptOf(1 + index), 0, drawn(index));
  }
  const alone = decoder.sequence();
  alone.grow(60);
  await alone.prefill(promptOf(37), 0, drawn(36));
  await decoder.batch!.arrange(runners);
  for (const step of [1, 2, 3]) {
    decoder.batch!.step();
    alone.step();
    await alone.arrived();
    expect(decoder.batch!.token(runners[36]!, step)).toBe(alone.token(step));
  }
  decoder.close();
});
