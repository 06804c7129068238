/** Every kernel of a layer on the CPU executor, against the float64 reference: picks, votes, windows and attention. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromBits, toBits, upload } from "../../../runtime/device/arrays.js";
import type { CpuDevice } from "../../../runtime/device/cpu/index.js";
import type { DeviceBuffer } from "../../../runtime/device/device.js";
import type { KernelRunner } from "../../../runtime/reattention/kernel-runner.js";
import { Retrieval } from "../../../runtime/reattention/retrieval.js";
import { Votes } from "../../../runtime/reattention/votes.js";
import { WindowAttention } from "../../../runtime/reattention/window-attention.js";
import { byQuery, type LayerFixture, layerFixtures, rotaryTable, rowOf } from "./fixtures.js";
import { ints, openKernels, readInts } from "./on-cpu.js";

let device: CpuDevice;
let runner: KernelRunner;
beforeAll(async () => {
  ({ device, runner } = await openKernels("scan", "stream", "pick", "vote", "window", "attention"));
}, 60_000);
afterAll(() => device.close());

const halves = (values: ArrayLike<number>): Promise<DeviceBuffer> => upload(device, toBits("bf16", values));

/** A layer's caches and everything that a chunk goes through. */
async function layerOf(fixture: LayerFixture) {
  const { heads, kvHeads, D, queries, total, global, local, topK, span, clip } = fixture;
  const shape = { heads, kvHeads, headSize: D };
  const middle = Math.max(0, total - global - local);
  const { cosine, sine } = rotaryTable(total, D / 2);
  return {
    middle,
    retrieval: new Retrieval(runner, { ...shape, topK, queries, middle }),
    votes: new Votes(runner, { clip, span, picks: heads * queries * topK }),
    attention: new WindowAttention(runner, { ...shape, window: Math.min(total, global + clip * span + local) }),
    keys: { keys: await halves(fixture.keys), values: await halves(fixture.values) },
    rotary: { cosine: await upload(device, cosine), sine: await upload(device, sine) },
    scale: Math.LOG2E / Math.sqrt(D),
    cache: { position: await ints(device, total - queries), added: queries, global, local },
    q: byQuery(fixture, fixture.q),
  };
}

type Layer = Awaited<ReturnType<typeof layerOf>>;

async function expectPicks(fixture: LayerFixture, { retrieval, votes, cache }: Layer) {
  const { heads, queries, topK, kept, window, global, local, total } = fixture;
  const picks = await readInts(retrieval.picks, heads * queries * topK);
  for (let head = 0; head < heads; head++)
    for (let query = 0; query < queries; query++) {
      const row = rowOf(fixture, head, query) * topK;
      expect(picks.slice(row, row + topK)).toEqual(fixture.picks[head * queries + query]);
    }
  votes.choose(retrieval.picks, retrieval.counts, heads * queries * topK, cache);
  const [selected, , , , last, , , , count] = await readInts(votes.window, 9);
  expect((await readInts(votes.kept, count!)).slice()).toEqual(kept);
  expect(last).toBe(window.length - 1);
  const first = Math.min(global, total);
  expect(await readInts(votes.selected, selected!)).toEqual(window.slice(first, first + selected!));
  expect(selected).toBe(total <= global + local ? 0 : window.length - global - local);
  const votesLeft = await readInts(retrieval.counts, Math.max(1, total - global - local));
  expect(votesLeft.every((one) => one === 0)).toBe(true);
}

function expectClose(fixture: LayerFixture, out: ArrayLike<number>, tolerance: number) {
  const wanted = byQuery(fixture, fixture.out);
  const worst = wanted.reduce((most, value, at) => Math.max(most, Math.abs(value - out[at]!)), 0);
  expect(worst).toBeLessThan(tolerance);
}

describe.each(layerFixtures().map((fixture) => [fixture.name, fixture] as const))("%s", (_, fixture) => {
  const { heads, D, queries } = fixture;

  it("prefill picks, chooses and attends as the definition says", async () => {
    const layer = await layerOf(fixture);
    const q = await halves(layer.q);
    layer.retrieval.stream({ q, count: queries, qRow: heads * D }, layer.keys.keys, fixture.global, layer.middle);
    await expectPicks(fixture, layer);
    const out = device.alloc(queries * heads * D * 2);
    const { keys, votes, cache, rotary, scale } = layer;
    layer.attention.prefill(q, heads * D, queries, keys, votes, cache, rotary, scale, out);
    const bits = new Uint16Array(queries * heads * D);
    await device.read(out, bits);
    expectClose(fixture, fromBits("bf16", bits), 0.06);
  });

  it("decode does too, for up to 16 queries", async () => {
    const layer = await layerOf(fixture);
    const q = await upload(device, layer.q);
    const { keys, votes, cache, rotary, scale } = layer;
    layer.retrieval.scan(
      { q, count: queries, qRow: heads * D },
      keys.keys,
      cache.position,
      fixture.global,
      fixture.local,
    );
    await expectPicks(fixture, layer);
    if (queries > 1) return;
    const out = device.alloc(heads * D * 4);
    layer.attention.decode(q, keys, votes, cache, rotary, scale, out);
    const values = new Float32Array(heads * D);
    await device.read(out, values);
    expectClose(fixture, values, 0.06);
  });
});
