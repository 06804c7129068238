/** What answers ask of their logits, in steps of a tiny model on the CPU executor. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { readOptions } from "../../../runtime/generate/options.js";
import type { Decoder } from "../../../runtime/models/decoder.js";
import { loadDecoder, openModelFiles } from "../../../runtime/models/load.js";
import { ASKED, expectShaped, expectShapedBatch } from "../../model-kernels/shaped-steps.js";
import { promptOf, tinyPath } from "../generate/tiny-model.js";

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

describe.each(Object.entries(ASKED))("%s", (_, options) => {
  it("is done in steps alone", () => expectShaped(decoder, options, promptOf(20)));
});

it("each in a batch has what it asks for, and alone again", () => expectShapedBatch(decoder, promptOf));

it("what one answer asked for is not the next one's", async () => {
  const [used, fresh] = [decoder.sequence(), decoder.sequence()];
  const shaped = readOptions({ presencePenalty: 2, seed: 0 }).sampling;
  const plain = readOptions({ seed: 0 }).sampling;
  for (const runner of [used, fresh]) runner.grow(40);
  const answer = async (runner: typeof used, sampling: typeof plain) => {
    await runner.prefill(promptOf(12), 0, sampling);
    for (let step = 0; step < 8; step++) runner.step();
    await runner.arrived();
    return Array.from({ length: 9 }, (_, step) => runner.token(step));
  };
  const first = await answer(used, shaped);
  expect(used.isShaped).toBe(true);
  // The counts of the answer before are gone.
  expect(await answer(used, shaped)).toEqual(first);
  const unshaped = await answer(used, plain);
  expect(used.isShaped).toBe(false);
  expect(unshaped).toEqual(await answer(fresh, plain));
  expect(unshaped).not.toEqual(first);
  // Another takes over what the first gave back.
  expect(await answer(fresh, shaped)).toEqual(first);
});
