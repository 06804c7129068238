import { afterAll, beforeAll, expect, it } from "vitest";
import { createFrontend } from "../../compiler/frontend/index.js";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import { temporaryFolder } from "../temporary-folder.js";
import { compare } from "./compare.js";
import { CORPUS } from "./corpus.js";
import { Trial } from "./trial.js";

const { few: COUNT, seed: SEED } = CORPUS;

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device.close());

/** The same ones in every run; `node scripts/random-kernels.mjs` draws others, as many as one likes. */
it(`${COUNT} random kernels do on the CPU executor what they do in Triton's interpreter`, {
  timeout: 900_000,
}, async () => {
  const trial = new Trial(temporaryFolder("random"), createFrontend(), device, SEED);
  const { difference, refused } = await compare(trial, SEED, COUNT);
  expect(difference).toBeUndefined();
  expect(refused).toBeLessThan(COUNT / 20);
});
