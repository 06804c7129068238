import { inputs, type Kind } from "../activations.js";
import {
  BF16,
  changed,
  type Edges,
  type HeadShape,
  input,
  type KernelCase,
  named,
  output,
  powerOfTwo,
  type Setting,
  scratch,
} from "../case.js";
import { type Numbers, rounded } from "../numbers.js";
import { dot, mapVectors, type RotaryTable, softmaxSum, turned, vector } from "../reference.js";
import { quarterTurns, rotaryTable } from "../rotary.js";

/** Lengths at the edges of blocks and of splits. */
function lengths({ tiles }: Edges): number[] {
  const { SPLITS, BN } = tiles.attention;
  const all = SPLITS * BN;
  return [1, 2, BN - 1, BN, BN + 1, 3 * BN + 5, all - BN + 1, all, all + 1, 1.5 * all + 7];
}

interface Attention {
  readonly shape: HeadShape;
  readonly length: number;
  readonly table: RotaryTable;
  readonly scale: number;
  /** [heads, D] */
  readonly q: Float64Array;
  /** [length, KV heads, D] */
  readonly keys: Float64Array;
  readonly values: Float64Array;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Attention of the token at `length − 1` over all up to itself, [heads, D]. Rotated queries and keys are bf16, as matrix units take them. */
function attention({ shape: { heads, kvHeads, D }, length, table, scale, q, keys, values }: Attention): Float64Array {
  const query = rounded(
    "bf16",
    mapVectors(q, D, (head) =>
      turned(
        head.map((value) => value * scale),
        table,
        length - 1,
      ),
    ),
  );
  const key = rounded(
    "bf16",
    mapVectors(keys, D, (one, at) => turned(one, table, Math.floor(at / kvHeads))),
  );
  const rows = range(heads).flatMap((head) => {
    const kvHead = Math.floor(head / (heads / kvHeads));
    const at = (token: number): number => token * kvHeads + kvHead;
    const scores = range(length).map((token) => dot(vector(query, head, D), vector(key, at(token), D)));
    const seen = range(length).map((token) => vector(values, at(token), D));
    return [...softmaxSum(scores, seen)];
  });
  return Float64Array.from(rows);
}

function randomAttention(shape: HeadShape, length: number): Attention {
  const { heads, kvHeads, D } = shape;
  const { f32, bf16 } = inputs("random", length);
  return {
    shape,
    length,
    table: rotaryTable(length, D / 2),
    scale: Math.fround(Math.LOG2E / Math.sqrt(D)),
    q: f32(heads * D),
    keys: bf16(length * kvHeads * D),
    values: bf16(length * kvHeads * D),
  };
}

/** Turns a vector back by as much as `turned` turns it. */
const turnedBack = (data: Float64Array, { cosine, sine }: RotaryTable, position: number): Float64Array =>
  turned(data, { cosine, sine: sine.map((value) => -value) }, position);

/**
 * Whole numbers, quarter turns, and scores that differ by 256 or not at all, so that every weight is 0 or 1. Each query head has one key
 * that is just its query: its value is the result.
 */
function exactAttention(shape: HeadShape, length: number): Attention {
  const { heads, kvHeads, D } = shape;
  const { source } = inputs("whole", length);
  const sixteens = (count: number, choices: readonly number[]) =>
    Float64Array.from({ length: count }, () => 16 * source.pick(choices));
  const table = quarterTurns(length, D / 2);
  const q = sixteens(heads * D, [-1, 1]);
  const keys = sixteens(length * kvHeads * D, [-1, 0, 0, 1]);
  const values = Float64Array.from({ length: length * kvHeads * D }, () => source.whole(-99, 99));
  for (const [head, token] of winners(shape, length, source).entries()) {
    const wanted = turnedBack(turned(vector(q, head, D), table, length - 1), table, token);
    keys.set(wanted, (token * kvHeads + Math.floor(head / (heads / kvHeads))) * D);
  }
  return { shape, length, table, scale: 1, q, keys, values };
}

/** A token for each query head, no two the same within a group as far as there are enough: the first, the last, and any. */
function winners({ heads, kvHeads }: HeadShape, length: number, source: Numbers): number[] {
  const group = heads / kvHeads;
  return range(heads).map((head) => {
    const member = head % group;
    if (member === 0) return length - 1;
    return member === 1 ? 0 : Math.min(length - 1, source.whole(1, Math.max(1, length - 2)));
  });
}

function caseOf(kind: Kind, shape: HeadShape, length: number): KernelCase {
  const { heads, kvHeads, D } = shape;
  const group = heads / kvHeads;
  const capacity = length + 9;
  return {
    kernel: "decodeAttention",
    title: `${kind} numbers, ${heads}/${kvHeads} heads of ${D}, ${length} token${length === 1 ? "" : "s"}`,
    constants: ({ tiles, dotRows }: Setting) => ({
      ...{ G: group, GP: Math.max(dotRows, powerOfTwo(group)), D, HALF: D / 2 },
      ...tiles.attention,
    }),
    grid: ({ tiles }) => [kvHeads, tiles.attention.SPLITS],
    prepare() {
      const one = kind === "random" ? randomAttention(shape, length) : exactAttention(shape, length);
      const { table, scale, q, keys, values } = one;
      // What lies behind the sequence must not be looked at.
      const cache = (data: Float64Array) => {
        const longer = new Float64Array(capacity * kvHeads * D).fill(Number.NaN);
        longer.set(data);
        return input("bf16", longer);
      };
      return {
        buffers: {
          q: input("f32", q),
          keys: cache(keys),
          values: cache(values),
          cosine: input("f32", table.cosine),
          sine: input("f32", table.sine),
          position: input("i32", [length - 1]),
          // Zero before, zero after: the next launch counts from there.
          finished: changed("i32", new Int32Array(kvHeads), new Float64Array(kvHeads), 0),
          out: { ...output("f32", attention(one), kind === "whole" ? 0 : BF16), row: D },
        },
        own({
          tiles: {
            attention: { SPLITS },
          },
        }) {
          return {
            partial: scratch("f32", heads * SPLITS * D),
            peak: scratch("f32", heads * SPLITS),
            total: scratch("f32", heads * SPLITS),
          };
        },
        args: (b) => ({
          ...named(b, "q", "keys", "values", "cosine", "sine", "position"),
          ...named(b, "partial", "peak", "total", "finished", "out"),
          ...{ scale, kvHeads },
        }),
      };
    },
  };
}

/** Equal scores everywhere: the mean of the values, exact where the number of tokens is a power of two. */
function meanCase(shape: HeadShape, length: number): KernelCase {
  const one = caseOf("whole", shape, length);
  return {
    ...one,
    title: `equal scores, ${length} tokens`,
    prepare() {
      const prepared = one.prepare();
      const { heads, kvHeads, D } = shape;
      const { values } = exactAttention(shape, length);
      const mean = Float64Array.from({ length: heads * D }, (_, at) => {
        const kvHead = Math.floor(at / D / (heads / kvHeads));
        const of = (token: number): number => values[(token * kvHeads + kvHead) * D + (at % D)]!;
        return range(length).reduce((total, token) => total + of(token), 0) / length;
      });
      const q = input("f32", new Float64Array(heads * D));
      return { ...prepared, buffers: { ...prepared.buffers, q, out: output("f32", mean, 0) } };
    },
  };
}

export function decodeAttentionCases(edges: Edges): KernelCase[] {
  const [first, ...others] = edges.shapes as [HeadShape, ...HeadShape[]];
  const { SPLITS, BN } = edges.tiles.attention;
  return [
    ...lengths(edges).flatMap((length) => [caseOf("random", first, length), caseOf("whole", first, length)]),
    ...others.flatMap((shape) =>
      [BN + 1, SPLITS * BN].flatMap((length) => [caseOf("random", shape, length), caseOf("whole", shape, length)]),
    ),
    ...[BN / 2, SPLITS * BN].map((length) => meanCase(first, length)),
  ];
}
