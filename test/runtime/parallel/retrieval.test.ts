/** Picks of several ranks, each over the keys that it owns, against the definition in float64, and chunks against one device. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Allocations } from "../../../runtime/device/allocations.js";
import { fromBits, upload } from "../../../runtime/device/arrays.js";
import type { ModelKernels } from "../../../runtime/kernels/loaded.js";
import { CpuGroup } from "../../../runtime/parallel/cpu-group.js";
import { PeerExchange } from "../../../runtime/parallel/peer-exchange.js";
import { ShardedRetrieval } from "../../../runtime/parallel/sharded-retrieval.js";
import { candidateBytes } from "../../../runtime/parallel/share.js";
import { Retrieval } from "../../../runtime/reattention/retrieval.js";
import { Votes } from "../../../runtime/reattention/votes.js";
import { WindowAttention } from "../../../runtime/reattention/window-attention.js";
import { readInts } from "../reattention/on-cpu.js";
import { expectedPicks, inputs, misleading, type Picks, type RetrievalCase } from "../reattention/retrieval-cases.js";
import { openGroup } from "./on-cpu.js";

const PARALLEL = ["deal", "exchange", "candidates", "merge"].map((name) => `parallel/${name}`);
const SINGLE = ["scan", "stream", "stream-parts", "pick-streamed", "vote"].map((name) => `reattention/${name}`);

let all: CpuGroup;
let kernels: ModelKernels[];
beforeAll(async () => {
  ({ group: all, kernels } = await openGroup(4, ...PARALLEL, ...SINGLE));
}, 60_000);
afterAll(() => all.close());

interface Way {
  readonly ranks: number;
  readonly block: number;
  readonly chunk?: number;
}

/** What every rank picks, by both ways through the keys; `global` tokens stand before the middle, and the queries' own behind it. */
async function picksOf(one: RetrievalCase, { ranks, block, chunk = one.queries }: Way, global = 5) {
  const { heads, kvHeads, headSize, queries, length, topK, dtype = "bf16" } = one;
  const group = new CpuGroup(all.devices.slice(0, ranks));
  const bits = inputs(one);
  const [width, tokens] = [kvHeads * headSize, global + length + queries];
  const dealt = group.deal({ block, rowBytes: width * 2, tokens, own: true });
  dealt.grow(tokens);
  const cache = new Uint16Array(tokens * width);
  // What is not of the middle would win if it were looked at.
  cache.fill(0x4780);
  cache.set(bits.keys, global * width);
  await group.devices[0]!.write(dealt.whole(0), cache);
  const exchange = new PeerExchange({ group, kernels });
  const bytes = heads * queries * candidateBytes(topK);
  const meetings = { step: await exchange.meeting(bytes), chunk: await exchange.meeting(bytes) };
  const chunks = Math.ceil(queries / chunk);
  const picked = await Promise.all(
    group.devices.map(async (device, rank) => {
      using memory = new Allocations(device);
      const runner = { device, memory, kernels: kernels[rank]! };
      const [whole, own] = [dealt.whole(rank), dealt.own(rank)];
      const dealing = { ranks, block };
      const deal = { rows: whole, own, first: 0, words: width / 2, rank, ...dealing, BLOCK: 8 };
      runner.kernels.dealRows.launch([tokens], deal);
      const share = { rank, dealing, exchange, meetings, mapped: false };
      const retrieval = new ShardedRetrieval(
        runner,
        { ...one, queries: chunk, chunks, scanQueries: queries, middle: length },
        share,
      );
      const rows = async (): Promise<Picks> => {
        const flat = await readInts(retrieval.picks, heads * queries * topK);
        return Array.from({ length: heads * queries }, (_, row) => flat.slice(row * topK, (row + 1) * topK));
      };
      const q = [await upload(memory, bits.q), await upload(memory, fromBits(dtype, bits.q))] as const;
      const asked = { count: queries, qRow: heads * headSize };
      retrieval.stream({ ...asked, q: q[0] }, own, global, length, chunk);
      const [stream, votes] = [await rows(), await readInts(retrieval.counts, length)];
      device.fill(retrieval.counts, 0);
      const seen = { position: await upload(memory, Int32Array.of(global + length)), global, local: queries };
      const [table, out] = [memory.alloc(headSize * 2), memory.alloc(heads * headSize * 4)];
      device.fill(table, 0);
      const rotary = { cosine: table, sine: table, rotaryRow: 0 };
      const layer = { q: q[1], keys: whole, values: whole, rotary, out, scores: { scale: 1, cap: 0, CAP: false } };
      const attention = new WindowAttention(runner, { ...one, window: queries });
      const choice = {
        votes: new Votes(runner, { clip: 4, span: 2, picks: heads * queries * topK }),
        beside: attention.beside(layer, seen),
      };
      retrieval.begin({ ...seen, added: queries });
      retrieval.scan({ ...asked, q: q[1] }, { own, whole }, seen, choice);
      return { stream, votes, scan: await rows() };
    }),
  );
  exchange.free();
  dealt.free();
  return picked;
}

async function expectPicks(one: RetrievalCase, way: Way) {
  const wanted = expectedPicks(one);
  const votes = new Array<number>(one.length).fill(0);
  for (const position of wanted.flat()) if (position >= 0) votes[position]!++;
  for (const picked of await picksOf(one, way)) {
    expect(picked.stream).toEqual(wanted);
    expect(picked.scan).toEqual(wanted);
    expect(picked.votes).toEqual(votes);
  }
}

const shape = { heads: 4, kvHeads: 2, headSize: 16, topK: 4 };

describe("picks of all ranks are those of one device", () => {
  it.each([
    ["2 ranks", { ...shape, queries: 2, length: 517 }, { ranks: 2, block: 32 }],
    ["3 ranks, blocks that are no power of two", { ...shape, queries: 3, length: 301 }, { ranks: 3, block: 20 }],
    ["4 ranks, more picks than lists have", { ...shape, queries: 3, length: 517, topK: 9 }, { ranks: 4, block: 16 }],
    ["10 picks of fewer keys", { ...shape, queries: 2, length: 7, topK: 10 }, { ranks: 4, block: 4 }],
    ["ranks that own nothing", { ...shape, queries: 2, length: 37 }, { ranks: 4, block: 32 }],
    ["ranks of which one owns all", { ...shape, queries: 2, length: 101 }, { ranks: 2, block: 512 }],
    ["a middle of one", { ...shape, queries: 2, length: 1 }, { ranks: 3, block: 16 }],
  ] satisfies [string, RetrievalCase, Way][])("%s", (_, one, way) => expectPicks(one, way));

  // More picks take kernels of their own, which take long to compile.
  const few = misleading({ heads: 2, kvHeads: 1, headSize: 16 }, 651).filter(([, { topK }]) => topK < 12);
  it.each(few)("3 ranks: %s", (_, one) => expectPicks(one, { ranks: 3, block: 16 }));
});

it.each([4, 9])("chunks whose middles end in different blocks pick %i keys as on one device", async (topK) => {
  const one = { ...shape, topK, queries: 60, length: 203 };
  const [device] = all.devices;
  const [first, ...others] = await picksOf(one, { ranks: 3, block: 16, chunk: 25 });
  for (const other of others) expect(other.stream).toEqual(first!.stream);
  using memory = new Allocations(device!);
  const bits = inputs(one);
  const keys = new Uint16Array((5 + one.length + one.queries) * 32);
  keys.set(bits.keys, 5 * 32);
  const single = new Retrieval(
    { device: device!, memory, kernels: kernels[0]! },
    { ...one, queries: 25, chunks: 3, middle: one.length },
  );
  const q = { q: await upload(memory, bits.q), count: one.queries, qRow: 64 };
  single.stream(q, await upload(memory, keys), 5, one.length, 25);
  expect(first!.stream.flat()).toEqual(await readInts(single.picks, 4 * one.queries * topK));
});
