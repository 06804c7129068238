/** A recorded step on the CPU executor leaves the bits that its kernels leave one by one. */

import { afterAll, beforeAll, it } from "vitest";
import { openCpu } from "./on-cpu.js";
import { expectOrder } from "./order.js";

const SIZES = { layers: 4, heads: 6, kvHeads: 2, headSize: 32, feedForward: 512, vocabulary: 301 };

let cpu: Awaited<ReturnType<typeof openCpu>>;
beforeAll(async () => {
  cpu = await openCpu();
}, 60_000);
afterAll(() => cpu.device.close());

it.each(["greedy", "sample"] as const)("%s", (picking) =>
  expectOrder(cpu.device, cpu.bundle, SIZES, { picking, steps: 40 }),
);
