/** The definition's steps in TypeScript and float64: what picks are, and what becomes of them. */

import { fromBits, toBits } from "../../../runtime/device/arrays.js";
import { draws } from "../../cases/draws.js";
import type { LayerInput } from "./layer.js";

/** Positions of the topK largest scores, the lower of equal ones first; NaN counts as −∞ and is never picked (−1). */
export function pick(scores: readonly number[], topK: number): number[] {
  const rank = (at: number): number => (Number.isNaN(scores[at]) ? -Infinity : scores[at]!);
  const order = scores.map((_, at) => at).sort((a, b) => (rank(a) === rank(b) ? a - b : rank(a) > rank(b) ? -1 : 1));
  return Array.from({ length: topK }, (_, at) => {
    const position = order[at];
    return position === undefined || Number.isNaN(scores[position]) ? -1 : position;
  });
}

/** Each block of 128 has one candidate, its best; the topK of those. */
export function pickByBlock(scores: readonly number[], topK: number): number[] {
  const best = Array.from({ length: Math.ceil(scores.length / 128) }, (_, block) => {
    const [first] = pick(scores.slice(block * 128, block * 128 + 128), 1);
    return block * 128 + first!;
  });
  const chosen = pick(
    best.map((at) => scores[at]!),
    topK,
  );
  return chosen.map((at) => (at < 0 ? -1 : best[at]!));
}

/** The `clip` positions with the most votes, of equal counts the lower, ascending. */
export function keep(picks: readonly number[], clip: number): number[] {
  const counts = new Map<number, number>();
  for (const position of picks) if (position >= 0) counts.set(position, (counts.get(position) ?? 0) + 1);
  const ranked = [...counts].sort(([a, x], [b, y]) => y - x || a - b);
  return ranked
    .slice(0, clip)
    .map(([position]) => position)
    .sort((a, b) => a - b);
}

/** All positions of the spans within a middle of `length`, once, ascending. */
export function spread(kept: readonly number[], span: number, length: number): number[] {
  const around = kept.flatMap((p) => Array.from({ length: span }, (_, step) => p - Math.floor(span / 2) + step));
  return [...new Set(around.filter((p) => p >= 0 && p < length))].sort((a, b) => a - b);
}

/** Repeatable normal numbers. */
export function* normals(seed: number): Generator<number, never> {
  const uniform = draws(seed);
  while (true) yield Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

export function take(source: Generator<number, never>, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => source.next().value);
}

const halves = (values: ArrayLike<number>) => fromBits("bf16", toBits("bf16", values));

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Head `head` of row `row` of x [rows, heads, D]. */
const headOf = (x: Float32Array, row: number, heads: number, head: number, D: number): Float64Array =>
  Float64Array.from(x.subarray((row * heads + head) * D, (row * heads + head + 1) * D));

/** Pairs (i, i + D/2) turned to a position, base 10000. */
function turned(x: Float64Array, position: number): Float64Array {
  const half = x.length / 2;
  return x.map((value, i) => {
    const angle = position * 10000 ** (-(i % half) / half);
    const other = i < half ? -x[i + half]! : x[i - half]!;
    return value * Math.cos(angle) + other * Math.sin(angle);
  });
}

/** Cache positions that a chunk of all queries sees: global, selected and local. */
function windowOf({ heads: shape, queries, total, global, local, topK, span, clip, ...layer }: LayerInput): number[] {
  const { heads, kvHeads, headSize: D } = shape;
  const middle = Math.max(0, total - global - local);
  const all = Array.from({ length: total }, (_, at) => at);
  if (middle === 0) return all;
  const [q, keys] = [halves(layer.q), halves(layer.keys)];
  const picks = Array.from({ length: queries * heads }, (_, at) => {
    const [query, head] = [Math.floor(at / heads), at % heads];
    const of = headOf(q, query, heads, head, D);
    const kvHead = Math.floor(head / (heads / kvHeads));
    const scores = all.slice(global, global + middle).map((token) => dot(of, headOf(keys, token, kvHeads, kvHead, D)));
    return pick(scores, topK);
  });
  const selected = spread(keep(picks.flat(), clip), span, middle).map((at) => global + at);
  return [...all.slice(0, global), ...selected, ...all.slice(global + middle)];
}

/** A layer's output for one chunk of all queries, [queries, heads, D]: attention over the window, whose positions are numbered anew. */
export function layerOutput(layer: LayerInput): Float64Array {
  const { queries, rotates = true, cap } = layer;
  const { heads, kvHeads, headSize: D } = layer.heads;
  const window = windowOf(layer);
  const [q, keys, values] = [halves(layer.q), halves(layer.keys), halves(layer.values)];
  const turn = (x: Float64Array, position: number) => (rotates ? turned(x, position) : x);
  const out = new Float64Array(queries * heads * D);
  for (let query = 0; query < queries; query++)
    for (let head = 0; head < heads; head++) {
      const kvHead = Math.floor(head / (heads / kvHeads));
      const last = window.length - queries + query;
      const of = turn(headOf(q, query, heads, head, D), last);
      const scores = window.slice(0, last + 1).map((token, at) => {
        const score = dot(of, turn(headOf(keys, token, kvHeads, kvHead, D), at)) / Math.sqrt(D);
        return cap === undefined ? score : cap * Math.tanh(score / cap);
      });
      const top = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - top));
      const sum = weights.reduce((a, b) => a + b);
      for (const [at, weight] of weights.entries())
        headOf(values, window[at]!, kvHeads, kvHead, D).forEach((value, i) => {
          out[(query * heads + head) * D + i]! += (weight / sum) * value;
        });
    }
  return out;
}
