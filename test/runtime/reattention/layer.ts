/** A layer's way through a chunk, from raw queries, keys and values to attention's output. */

import { quantizedKeys } from "../../../bench/reattention/keys.js";
import { Allocations } from "../../../runtime/device/allocations.js";
import { fromBits, toBits, upload } from "../../../runtime/device/arrays.js";
import type { Heads } from "../../../runtime/kernels/attention/heads.js";
import { LARGEST_BLOCK } from "../../../runtime/kernels/attention/tiles.js";
import type { KernelRunner } from "../../../runtime/reattention/kernel-runner.js";
import { Retrieval } from "../../../runtime/reattention/retrieval.js";
import { Votes } from "../../../runtime/reattention/votes.js";
import { WindowAttention } from "../../../runtime/reattention/window-attention.js";
import { rotaryTable } from "./fixtures.js";

export interface LayerInput {
  readonly heads: Heads;
  readonly queries: number;
  /** Queries of a chunk; several chunks for prefill only. Default: all. */
  readonly chunk?: number;
  /** Tokens of the cache with all queries. */
  readonly total: number;
  readonly global: number;
  readonly local: number;
  readonly topK: number;
  readonly span: number;
  readonly clip: number;
  /** False in a layer that does not rotate. */
  readonly rotates?: boolean;
  /** What scores are bent towards. */
  readonly cap?: number;
  /** The least middle beside whose decision local tokens are attended to. Default: any. */
  readonly longFrom?: number;
  /** Whether a token's keys are passed over in 8 bits. */
  readonly inCodes?: boolean;
  /** [queries, heads, D], [total, KV heads, D] twice */
  readonly q: ArrayLike<number>;
  readonly keys: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

export interface LayerOutput {
  /** [heads · queries][topK], as the kernels number rows. What follows is of the first chunk. */
  readonly picks: number[][];
  readonly kept: number[];
  readonly selected: number[];
  /** Last index of the window. */
  readonly last: number;
  /** Votes that were not used up. */
  readonly votesLeft: number;
  /** [queries, heads, D] */
  readonly out: Float32Array;
}

/** Runs a chunk as prefill does it, or one token as decode does it (`out` is empty for more queries than one). */
export async function runLayer(
  given: KernelRunner,
  layer: LayerInput,
  way: "prefill" | "decode",
): Promise<LayerOutput> {
  const { device } = given;
  using memory = new Allocations(device);
  const runner = { ...given, memory };
  const { heads: shape, queries, chunk = queries, total, global, local, topK, span, clip, rotates = true, cap } = layer;
  const { longFrom = 1, inCodes = false } = layer;
  const { heads, headSize: D } = shape;
  const middle = Math.max(0, total - global - local);
  const chunks = Math.ceil(queries / chunk);
  const halves = (values: ArrayLike<number>) => upload(memory, toBits("bf16", values));
  const ints = async (buffer: Parameters<typeof device.read>[0], count: number): Promise<number[]> => {
    const values = new Int32Array(count);
    await device.read(buffer.view(0, count * 4), values);
    return [...values];
  };
  const retrieval = new Retrieval(runner, {
    ...shape,
    topK,
    queries: chunk,
    chunks,
    scanQueries: queries,
    middle,
  });
  const votes = new Votes(runner, { clip, span, picks: heads * chunk * topK, chunks });
  const window = Math.min(total, global + clip * span + local);
  const attention = new WindowAttention(runner, { ...shape, window, chunks, longFrom });
  const cached = { keys: await halves(layer.keys), values: await halves(layer.values) };
  const table = rotaryTable(rotates ? Math.max(total, LARGEST_BLOCK) : 1, D / 2);
  const rotaryRow = rotates ? D / 2 : 0;
  const rotary = { cosine: await upload(memory, table.cosine), sine: await upload(memory, table.sine), rotaryRow };
  const cache = {
    position: await upload(memory, Int32Array.of(total - queries)),
    added: queries,
    chunk,
    global,
    local,
  };
  const scale = Math.LOG2E / Math.sqrt(D);
  const scores = { scale, cap: (cap ?? 0) * Math.LOG2E, CAP: cap !== undefined };
  const qRow = heads * D;
  const q = way === "prefill" ? await halves(layer.q) : await upload(memory, Float32Array.from(layer.q));
  const out = memory.alloc(queries * qRow * 4);
  const token = { q, ...cached, rotary, scores, out };
  const beside = attention.beside(token, cache);
  let isBeside = false;

  if (way === "prefill") {
    retrieval.stream({ q, count: queries, qRow }, cached.keys, global, middle, chunk);
    votes.choose(retrieval, heads * topK, cache);
  } else {
    const quantized = inCodes ? quantizedKeys(device, memory, shape, total) : undefined;
    if (quantized) retrieval.quantize(cached.keys, quantized, 0, total - queries);
    isBeside = retrieval.scan({ q, count: queries, qRow }, cached.keys, cache, { votes, beside, quantized });
  }
  const flat = await ints(retrieval.picks, heads * queries * topK);
  const [count, , , , last, , , , kept] = await ints(votes.window, 9);
  const counts = await ints(retrieval.counts, chunks * retrieval.countRow);
  let result: Float32Array = new Float32Array(0);
  if (way === "prefill") {
    attention.prefill(q, qRow, cached, votes, cache, rotary, scores, out);
    const bits = new Uint16Array(queries * qRow);
    await device.read(out.view(0, bits.byteLength), bits);
    result = fromBits("bf16", bits);
  } else if (queries === 1) {
    attention.decode(token, votes, cache, isBeside ? beside : undefined);
    result = new Float32Array(qRow);
    await device.read(out, result);
  }
  const output = {
    picks: Array.from({ length: heads * queries }, (_, row) => flat.slice(row * topK, (row + 1) * topK)),
    kept: await ints(votes.kept, kept!),
    selected: await ints(votes.selected, count!),
    last: last!,
    votesLeft: counts.reduce((sum, one) => sum + one, 0),
    out: result,
  };
  return output;
}
