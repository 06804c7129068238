/** Steps of several sequences on the CPU executor, through layers of every kind and matrices of every format. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { expectBatch } from "./batch.js";
import { openCpu } from "./on-cpu.js";

const SIZES = { layers: 6, heads: 6, kvHeads: 2, headSize: 32, feedForward: 512, vocabulary: 301 };

let cpu: Awaited<ReturnType<typeof openCpu>>;
beforeAll(async () => {
  cpu = await openCpu();
}, 60_000);
afterAll(() => cpu.device.close());

it("what a sequence says in a batch is what it says alone", { timeout: 120_000 }, async () => {
  const { compared } = await expectBatch(cpu.device, cpu.bundle, SIZES, { apart: [0, 1, 31, 32, 75], together: 12 });
  expect(compared).toBeGreaterThan(20);
});
