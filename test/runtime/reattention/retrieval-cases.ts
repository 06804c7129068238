/** Inputs for retrieval and the picks that the definition wants, for the CPU executor's tests and the GPU's. */

import { quantizedKeys } from "../../../bench/reattention/keys.js";
import { Allocations } from "../../../runtime/device/allocations.js";
import { fromBits, toBits, upload } from "../../../runtime/device/arrays.js";
import type { Device, DeviceBuffer } from "../../../runtime/device/device.js";
import type { Heads } from "../../../runtime/kernels/attention/heads.js";
import type { HalfType, KernelRunner } from "../../../runtime/reattention/kernel-runner.js";
import { decidesAtOnce, Retrieval } from "../../../runtime/reattention/retrieval.js";
import { Votes } from "../../../runtime/reattention/votes.js";
import { WindowAttention } from "../../../runtime/reattention/window-attention.js";
import { normals, pick, pickByBlock, take } from "./reference.js";

export interface RetrievalCase extends Heads {
  readonly queries: number;
  readonly length: number;
  readonly topK: number;
  readonly dtype?: HalfType;
  readonly byBlock?: boolean;
  /** [queries, heads, D] and [length, KV heads, D]; rounded to the dtype before anyone sees them. */
  readonly q?: ArrayLike<number>;
  readonly keys?: ArrayLike<number>;
}

export type Picks = readonly (readonly number[])[];

/** The numbers of a case in its dtype's bits. */
export function inputs({ heads, kvHeads, headSize, queries, length, dtype = "bf16", q, keys }: RetrievalCase) {
  const source = normals(heads * 1000003 + length);
  const bits = (values: ArrayLike<number>) => toBits(dtype, values);
  return {
    q: bits(q ?? take(source, queries * heads * headSize)),
    keys: bits(keys ?? take(source, length * kvHeads * headSize)),
  };
}

/** Picks by the definition in float64, rows as the kernels number them. */
export function expectedPicks(one: RetrievalCase): Picks {
  const { heads, kvHeads, headSize: D, queries, length, topK, byBlock, dtype = "bf16" } = one;
  const bits = inputs(one);
  const [q, keys] = [fromBits(dtype, bits.q), fromBits(dtype, bits.keys)];
  const group = heads / kvHeads;
  return Array.from({ length: heads * queries }, (_, row) => {
    const kvHead = Math.floor(row / (queries * group));
    const query = Math.floor((row % (queries * group)) / group);
    const head = kvHead * group + (row % group);
    const score = (_: unknown, token: number): number => {
      let sum = 0;
      for (let i = 0; i < D; i++) sum += q[(query * heads + head) * D + i]! * keys[(token * kvHeads + kvHead) * D + i]!;
      return sum;
    };
    return (byBlock ? pickByBlock : pick)(Array.from({ length }, score), topK);
  });
}

async function intsOf(device: Device, buffer: DeviceBuffer, count: number): Promise<Int32Array> {
  const values = new Int32Array(count);
  await device.read(buffer.view(0, count * 4), values);
  return values;
}

/** Of two scans of quantized keys, and how many steps are then to read keys as they are. */
export interface QuantizedPicks {
  readonly first: Picks;
  readonly second: Picks;
  readonly exactSteps: number;
}

export interface AllPicks {
  readonly scan: Picks;
  readonly stream: Picks;
  /** Where keys are quantized for such a shape. */
  readonly quantized: QuantizedPicks | undefined;
}

/** Picks of every way through the keys; `global` tokens stand before the middle, and the queries' own behind it. */
export async function picksOf(runner: KernelRunner, one: RetrievalCase, global = 3): Promise<AllPicks> {
  const { heads, kvHeads, headSize, queries, length, topK, dtype = "bf16" } = one;
  const { device } = runner;
  using memory = new Allocations(device);
  const bits = inputs(one);
  const width = kvHeads * headSize;
  const cache = new Uint16Array((global + length + queries) * width);
  // What is not of the middle would win if it were looked at.
  cache.fill(toBits(dtype, [60000])[0]!);
  cache.set(bits.keys, global * width);
  const keys = await upload(memory, cache);
  const retrieval = new Retrieval({ ...runner, memory }, { ...one, scanQueries: queries, middle: length });
  const rows = async (): Promise<Picks> => {
    const flat = await intsOf(device, retrieval.picks, heads * queries * topK);
    return Array.from({ length: heads * queries }, (_, row) => [...flat.slice(row * topK, (row + 1) * topK)]);
  };
  const chunk = { count: queries, qRow: heads * headSize };
  const q = [await upload(memory, bits.q), await upload(memory, fromBits(dtype, bits.q))] as const;
  retrieval.stream({ ...chunk, q: q[0] }, keys, global, length);
  const stream = await rows();
  const position = await upload(memory, Int32Array.of(global + length));
  const seen = { position, global, local: queries };
  retrieval.scan({ ...chunk, q: q[1] }, keys, seen);
  const scan = await rows();
  if (!decidesAtOnce(device, { ...one, scanQueries: queries })) return { scan, stream, quantized: undefined };
  const votes = new Votes({ ...runner, memory }, { clip: 4, span: 2, picks: heads * queries * topK });
  // No layer's angles: whatever comes of the attention beside the decision.
  const [table, out] = [memory.alloc(headSize * 2), memory.alloc(heads * headSize * 4)];
  device.fill(table, 0);
  const layer = { q: q[1], keys, values: keys, rotary: { cosine: table, sine: table, rotaryRow: 0 }, out };
  const attention = new WindowAttention({ ...runner, memory }, { ...one, window: queries, longFrom: 1 });
  const beside = attention.beside({ ...layer, scores: { scale: 1, cap: 0, CAP: false } }, seen);
  const quantized = quantizedKeys(device, memory, one, global + length + queries);
  // Picks that were not chosen from have left their votes.
  device.fill(retrieval.counts, 0);
  retrieval.quantize(keys, quantized, 0, global + length);
  retrieval.scan({ ...chunk, q: q[1] }, keys, seen, { votes, beside, quantized });
  const first = await rows();
  const [steps] = await intsOf(device, quantized.exactSteps, 1);
  retrieval.scan({ ...chunk, q: q[1] }, keys, seen, { votes, beside, quantized });
  return { scan, stream, quantized: { first, second: await rows(), exactSteps: steps! } };
}

/** Keys that tie, overflow, vanish or are no numbers, for two queries. */
export function misleading(heads: Heads, length = 700): readonly (readonly [string, RetrievalCase])[] {
  const { kvHeads, headSize: D } = heads;
  const [queries, width] = [2, kvHeads * D];
  const fill = (value: (token: number, i: number, at: number) => number) =>
    Float32Array.from({ length: length * width }, (_, at) => value(Math.floor(at / width), at % D, at));
  const ones = new Float32Array(queries * heads.heads * D).fill(1);
  const q = take(normals(7), ones.length);
  const noise = take(normals(8), length * width);
  /** The first element of every query, and the others. */
  const beside = (first: number, rest: number) => ones.map((_, at) => (at % D ? rest : first));
  const close = [-1, 0, 2, 1, 2, 1, -1].map((steps) => steps * 2 ** -13);
  const cases: Record<string, Pick<RetrievalCase, "q" | "keys"> & { readonly topK?: number }> = {
    "all scores equal": { q: ones, keys: fill(() => 1) },
    "all scores equal, 32 picks": { q: ones, keys: fill(() => 1), topK: 32 },
    "all scores equal, 7 picks": { q: ones, keys: fill(() => 1), topK: 7 },
    "pairs of equal keys": { q, keys: fill((token, _, at) => noise[token % 2 ? at - width : at]!) },
    "a block of ties": { q: ones, keys: fill((token) => (token >= 320 && token < 352 ? 2 : 1)) },
    "a block of ties, 24 picks": { q: ones, keys: fill((token) => (token >= 320 && token < 352 ? 2 : 1)), topK: 24 },
    "all negative": { q: ones, keys: fill((token) => -1 - ((token * 37) % 101)) },
    // Larger ones would leave the range of f32 in the middle of a sum.
    "one huge key": { q, keys: fill((token, _, at) => (token === 613 ? 1e35 : noise[at]!)) },
    "one infinite key": { q: ones, keys: fill((token, _, at) => (token === 613 ? Infinity : noise[at]!)) },
    "infinities of both signs": {
      q: ones,
      keys: fill((token) => (token % 5 ? (token % 7 ? 1 : Infinity) : -Infinity)),
    },
    "all keys −∞": { q: ones, keys: fill(() => -Infinity) },
    denormals: { q: ones, keys: fill((token) => ((token * 37) % 101) * 2 ** -133) },
    "NaN everywhere but in two": {
      q: ones,
      keys: fill((token) => (token === 5 || token === 650 ? 1 : Number.NaN)),
    },
    "NaN everywhere but in two, 9 picks": {
      q: ones,
      keys: fill((token) => (token === 5 || token === 650 ? 1 : Number.NaN)),
      topK: 9,
    },
    "every second key NaN": { q, keys: fill((token, _, at) => (token % 2 ? noise[at]! : Number.NaN)) },
    // 4096 and one or two 8192ths, in five parts.
    "scores that differ by less than a step of f32": {
      q: beside(64, 1),
      keys: fill((token, i) => (token % 100 ? 0 : i === 0 ? 64 : i === 1 ? close[token / 100]! : 0)),
    },
  };
  return Object.entries(cases).map(([name, one]) => [name, { ...heads, queries, length, topK: 4, ...one }]);
}
