/** What answers ask of their logits, in steps of the demo model on the GPU. */

import { after, before, test } from "node:test";
import { Device, findDemoModel } from "../../runtime/index.js";
import type { Decoder } from "../../runtime/models/decoder.js";
import { loadDecoder, openModelFiles } from "../../runtime/models/load.js";
import { ASKED, expectShaped, expectShapedBatch } from "../model-kernels/shaped-steps.js";

let device: Device;
let decoder: Decoder;
before(async () => {
  device = await Device.open({ prefer: "cuda" });
  using files = openModelFiles(findDemoModel());
  const layers = { attention: { kind: "dense" } as const, capacity: files.config.context, sequences: 16 };
  decoder = await loadDecoder(device, files, layers);
});
after(() => {
  decoder.close();
  device.close();
});

/** Tokens of the vocabulary's middle, words and their parts. */
const promptOf = (length: number): number[] =>
  Array.from({ length }, (_, index) => 1000 + ((index * 7919 + length * 104729) % 20_000));

for (const [title, options] of Object.entries(ASKED))
  test(`${title} is done in steps alone`, () => expectShaped(decoder, options, promptOf(20)));

test("each in a batch has what it asks for, and alone again", () => expectShapedBatch(decoder, promptOf));
