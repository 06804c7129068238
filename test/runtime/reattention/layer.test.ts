/** Every kernel of a layer on the CPU executor, against the float64 reference: picks, votes, windows and attention. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { splitsOf } from "../../../runtime/kernels/attention/tiles.js";
import { type KernelRunner, tilesFor } from "../../../runtime/reattention/kernel-runner.js";
import { byQuery, type LayerFixture, layerFixtures, rowOf } from "./fixtures.js";
import { type LayerInput, runLayer } from "./layer.js";
import { openKernels, openKernelsOn } from "./on-cpu.js";
import { layerOutput, normals, take } from "./reference.js";

const KERNELS = [
  "scan",
  "stream",
  "stream-parts",
  "pick",
  "decide",
  "pick-streamed",
  "quantize",
  "vote",
  "window",
  "attention",
] as const;

let device: CpuDevice;
let runner: KernelRunner;
beforeAll(async () => {
  ({ device, runner } = await openKernels(...KERNELS));
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

/** A prompt's end in chunks, with what each has to see before it, for windows that overlap and for a last chunk that is not full. */
const prompt = (queries: number, chunk: number, total: number, topK: number, local = 24): LayerInput => {
  const source = normals(total);
  const heads = { heads: 6, kvHeads: 2, headSize: 16 };
  return {
    ...{ heads, queries, chunk, total, global: 4, local, topK, span: 6, clip: 5 },
    q: take(source, queries * 6 * 16),
    keys: take(source, total * 2 * 16),
    values: take(source, total * 2 * 16),
  };
};

describe.each([
  ["whole chunks", prompt(48, 16, 190, 4)],
  ["a last chunk of one token", prompt(33, 16, 131, 4)],
  ["a first chunk with hardly a middle", prompt(40, 8, 70, 4)],
  ["more picks than lists are sorted for", prompt(27, 8, 300, 7)],
  ["chunks with more picks than a program takes", prompt(100, 40, 700, 4)],
  // Maxima of parts are kept for some chunks at a time, and for some tiles of a chunk.
  ["more chunks than maxima are kept for", prompt(330, 64, 1400, 9, 70)],
  ["more rows in a chunk than maxima are kept for", prompt(610, 600, 2800, 5, 600)],
])("chunks together: %s", (_, all) => {
  it("are chunks one after the other", async () => {
    const { heads, queries, chunk = queries, total, topK } = all;
    const together = await runLayer(runner, all, "prefill");
    const width = heads.heads * heads.headSize;
    const picks: number[][] = [];
    for (let first = 0; first < queries; first += chunk) {
      const count = Math.min(chunk, queries - first);
      const q = Array.from(all.q).slice(first * width, (first + count) * width);
      const end = total - queries + first + count;
      const alone = await runLayer(runner, { ...all, q, queries: count, chunk: count, total: end }, "prefill");
      expect(together.out.slice(first * width, (first + count) * width)).toEqual(alone.out);
      if (first === 0) expect(together).toMatchObject({ kept: alone.kept, selected: alone.selected, last: alone.last });
      picks.push(...alone.picks);
    }
    expect(together.picks).toEqual(picks);
    expect(together.votesLeft).toBe(0);
    expect(picks.flat().length).toBe(heads.heads * queries * topK);
  });
});

/** A chunk of a layer, or a token of it, with a middle to choose from. */
const layerOf = (heads: LayerInput["heads"], queries: number, more: Partial<LayerInput> = {}): LayerInput => {
  const source = normals(heads.headSize + queries);
  const [row, total] = [heads.kvHeads * heads.headSize, 111];
  return {
    ...{ heads, queries, total, global: 4, local: 24, topK: 4, span: 6, clip: 5, ...more },
    q: take(source, queries * heads.heads * heads.headSize),
    keys: take(source, total * row),
    values: take(source, total * row),
  };
};

const SMALL = { heads: 6, kvHeads: 2, headSize: 16 };

describe.each<[string, LayerInput["heads"], Partial<LayerInput>]>([
  ["as usual", SMALL, {}],
  ["without rotation", SMALL, { rotates: false }],
  ["with a cap", SMALL, { cap: 0.7 }],
  ["with nothing beside the decision", SMALL, { longFrom: 1 << 20 }],
  ["with keys in 8 bits", SMALL, { inCodes: true }],
  ["with a cap and without rotation", SMALL, { cap: 0.7, rotates: false }],
  ["7 heads of 64 for a KV head", { heads: 14, kvHeads: 2, headSize: 64 }, {}],
  ["7 heads of 80 for a KV head", { heads: 7, kvHeads: 1, headSize: 80 }, { cap: 0.7 }],
  ["heads of 256", { heads: 2, kvHeads: 2, headSize: 256 }, { cap: 0.7 }],
  ["7 heads of 256 for a KV head", { heads: 7, kvHeads: 1, headSize: 256 }, {}],
  ["16 heads of 256 for a KV head", { heads: 16, kvHeads: 1, headSize: 256 }, { rotates: false }],
])("a layer against float64, %s", (_, heads, more) => {
  it.each([
    ["prefill", 21],
    ["prefill", 1],
    ["decode", 1],
  ] as const)("%s of %i tokens", async (way, queries) => {
    const layer = layerOf(heads, queries, more);
    const wanted = layerOutput(layer);
    const { out } = await runLayer(runner, layer, way);
    expect(out.length).toBe(wanted.length);
    const worst = out.reduce((most, value, at) => Math.max(most, Math.abs(value - wanted[at]!)), 0);
    expect(worst).toBeLessThan(0.02);
  });
});

describe.each([
  [1, 1],
  [3, 3],
  [16, 4],
])("a token's window on %i processors, in %i splits", (threads, splits) => {
  it.each([
    ["of four blocks", { local: 90 }],
    ["of one block", { total: 30 }],
  ])("%s", async (_, sizes) => {
    const opened = await openKernelsOn(threads, ...KERNELS);
    try {
      const { SPLITS } = tilesFor(opened.device).decode.narrow;
      expect(splitsOf(SPLITS, opened.device.processors, SMALL.kvHeads)).toBe(splits);
      const layer = layerOf(SMALL, 1, sizes);
      const wanted = layerOutput(layer);
      const { out } = await runLayer(opened.runner, layer, "decode");
      const worst = out.reduce((most, value, at) => Math.max(most, Math.abs(value - wanted[at]!)), 0);
      expect(out.length).toBe(wanted.length);
      expect(worst).toBeLessThan(0.02);
    } finally {
      opened.device.close();
    }
  });
});
