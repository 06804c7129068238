/** Every kernel of a layer on the CPU executor, against the float64 reference: picks, votes, windows and attention. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CpuDevice } from "../../../runtime/device/cpu/index.js";
import type { KernelRunner } from "../../../runtime/reattention/kernel-runner.js";
import { byQuery, type LayerFixture, layerFixtures, rowOf } from "./fixtures.js";
import { runLayer } from "./layer.js";
import { openKernels } from "./on-cpu.js";

let device: CpuDevice;
let runner: KernelRunner;
beforeAll(async () => {
  ({ device, runner } = await openKernels("scan", "stream", "pick", "vote", "window", "attention"));
}, 60_000);
afterAll(() => device.close());

/** bf16 keeps 8 bits of what attention adds up; values are up to 3. */
const TOLERANCE = 0.06;

async function expectLayer(fixture: LayerFixture, way: "prefill" | "decode") {
  const { heads, kvHeads, D, queries, global, local, total, window } = fixture;
  const input = { ...fixture, heads: { heads, kvHeads, headSize: D }, q: byQuery(fixture, fixture.q) };
  const { picks, kept, selected, last, votesLeft, out } = await runLayer(runner, input, way);
  for (let head = 0; head < heads; head++)
    for (let query = 0; query < queries; query++)
      expect(picks[rowOf(fixture, head, query)]).toEqual(fixture.picks[head * queries + query]);
  expect(kept).toEqual(fixture.kept);
  expect(selected).toEqual(total <= global + local ? [] : window.slice(global, window.length - local));
  expect(last).toBe(window.length - 1);
  expect(votesLeft).toBe(0);
  const wanted = byQuery(fixture, fixture.out);
  const worst = out.reduce((most, value, at) => Math.max(most, Math.abs(value - wanted[at]!)), 0);
  expect(worst).toBeLessThan(TOLERANCE);
  expect(out.length).toBe(way === "prefill" || queries === 1 ? wanted.length : 0);
}

describe.each(layerFixtures().map((fixture) => [fixture.name, fixture] as const))("%s", (_, fixture) => {
  it("prefill picks, chooses and attends as the definition says", () => expectLayer(fixture, "prefill"));
  it("decode does too; it attends for one query", () => expectLayer(fixture, "decode"));
});
