/** Sampling on the CPU executor: how often tokens come, and which. */

import { afterAll, beforeAll, describe, it } from "vitest";
import { openCpu } from "./on-cpu.js";
import {
  expectChances,
  expectExtremes,
  expectGreedy,
  expectIndependence,
  expectReferenceDraws,
  SAMPLINGS,
  type Sampler,
} from "./sampling.js";
import { CPU_SETTING } from "./settings.js";

let sampler: Sampler;
beforeAll(async () => {
  sampler = { ...(await openCpu()), setting: CPU_SETTING };
}, 60_000);
afterAll(() => sampler.device.close());

describe.each(Object.entries(SAMPLINGS))("%s", (_, sampling) => {
  it("comes as often as its chances say", () => expectChances(sampler, sampling, 1000));
  it("draws what the reference draws", () => expectReferenceDraws(sampler, sampling, 300));
});

it("draws each token without regard to the one before", () => expectIndependence(sampler, 1000));

it("takes the best where it may take one", () => expectGreedy(sampler, [1, 7, 64, 65, 1000]));

it("gives the most extreme noise its due", () => expectExtremes(sampler));
