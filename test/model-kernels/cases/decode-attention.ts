import { decodeAttentionTiles, LARGEST_BLOCK } from "../../../runtime/kernels/attention/tiles.js";
import { inputs, type Kind } from "../activations.js";
import {
  BF16,
  changed,
  constantsOf,
  type Edges,
  groupRows,
  type HeadShape,
  input,
  type KernelCase,
  named,
  output,
  type Setting,
  scratch,
} from "../case.js";
import { type Numbers, rounded } from "../numbers.js";
import { capped, dot, mapVectors, type RotaryTable, softmaxSum, turned, vector } from "../reference.js";
import { quarterTurns, rotaryTable } from "../rotary.js";

/** What one launch is about. */
interface Scene {
  readonly kind: Kind;
  readonly shape: HeadShape;
  /** Tokens of the sequence, the new one included. */
  readonly length: number;
  /** Keys that it sees. Default: more than there are. */
  readonly reach?: number;
  /** Tokens that the cache may have, from which the tiles follow. Default: few. */
  readonly capacity?: number;
  /** Programs that share the keys of a KV head, at the most. Default: as many as the tiles allow. */
  readonly splits?: number;
  readonly cap?: number;
  /** False in a layer that does not rotate. */
  readonly rotates?: boolean;
}

const tilesOf = (set: Edges["set"], { shape, capacity = 4096 }: Pick<Scene, "shape" | "capacity">) =>
  decodeAttentionTiles(set, constantsOf(shape), capacity);

/** Lengths at the edges of blocks and of splits. */
function lengths(set: Edges["set"], shape: HeadShape): number[] {
  const { SPLITS, BN } = tilesOf(set, { shape });
  const all = SPLITS * BN;
  return [1, 2, BN - 1, BN, BN + 1, 3 * BN + 5, all - BN + 1, all, all + 1, 1.5 * all + 7];
}

interface Attention extends Scene {
  readonly table: RotaryTable;
  readonly scale: number;
  /** [heads, D] */
  readonly q: Float64Array;
  /** [length, KV heads, D] */
  readonly keys: Float64Array;
  readonly values: Float64Array;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** The first token that is seen. */
const firstOf = ({ length, reach = length }: Scene): number => Math.max(0, length - reach);

/** The row of the rotary table for a position. */
const rowOf = ({ rotates = true }: Scene, position: number): number => (rotates ? position : 0);

/**
 * Attention of the token at `length − 1` over what it sees, [heads, D]. Rotated queries and keys are bf16, as matrix units take them, so that results
 * depend on how they are rotated: keys by their place in a block of BN, the first of which begins with the first key that is seen, and the
 * query by its distance from the block.
 */
function attention(one: Attention, BN: number): Float64Array {
  const { shape, length, table, scale, q, keys, values, cap } = one;
  const { heads, kvHeads, D } = shape;
  const first = firstOf(one);
  const placeOf = (token: number): number => (token - first) % BN;
  const scaled = q.map((value) => value * scale);
  const rotated = (data: Float64Array, position: number): Float64Array =>
    rounded(
      "bf16",
      mapVectors(data, D, (each) => turned(each, table, rowOf(one, position))),
    );
  const seen = range(length).slice(first);
  const row = kvHeads * D;
  const key = new Map(seen.map((token) => [token, rotated(vector(keys, token, row), placeOf(token))]));
  const blocks = seen.filter((token) => placeOf(token) === 0);
  const query = new Map(blocks.map((block) => [block, rotated(scaled, length - 1 - block)]));
  const rows = range(heads).flatMap((head) => {
    const kvHead = Math.floor(head / (heads / kvHeads));
    const scoreOf = (token: number): number =>
      dot(vector(query.get(token - placeOf(token))!, head, D), vector(key.get(token)!, kvHead, D));
    const scores = seen.map((token) => capped(scoreOf(token), cap));
    return [
      ...softmaxSum(
        scores,
        seen.map((token) => vector(values, token * kvHeads + kvHead, D)),
      ),
    ];
  });
  return Float64Array.from(rows);
}

function randomAttention(scene: Scene): Attention {
  const { length, shape, rotates = true } = scene;
  const { heads, kvHeads, D } = shape;
  const { f32, bf16 } = inputs("random", length);
  return {
    ...scene,
    table: rotaryTable(rotates ? Math.max(length, LARGEST_BLOCK) : 1, D / 2),
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
function exactAttention(scene: Scene): Attention {
  const { length, shape, rotates = true } = scene;
  const { heads, kvHeads, D } = shape;
  const { source } = inputs("whole", length);
  const sixteens = (count: number, choices: readonly number[]) =>
    Float64Array.from({ length: count }, () => 16 * source.pick(choices));
  const table = quarterTurns(rotates ? Math.max(length, LARGEST_BLOCK) : 1, D / 2);
  const q = sixteens(heads * D, [-1, 1]);
  const keys = sixteens(length * kvHeads * D, [-1, 0, 0, 1]);
  const values = Float64Array.from({ length: length * kvHeads * D }, () => source.whole(-99, 99));
  for (const [head, token] of winners(scene, source).entries()) {
    const query = turned(vector(q, head, D), table, rowOf(scene, length - 1));
    const wanted = turnedBack(query, table, rowOf(scene, token));
    keys.set(wanted, (token * kvHeads + Math.floor(head / (heads / kvHeads))) * D);
  }
  return { ...scene, table, scale: 1, q, keys, values };
}

/** A token for each query head, no two the same within a group as far as there are enough: the last that is seen, the first, and any. */
function winners(scene: Scene, source: Numbers): number[] {
  const { heads, kvHeads } = scene.shape;
  const [first, last] = [firstOf(scene), scene.length - 1];
  const group = heads / kvHeads;
  const taken = new Set<number>();
  return range(heads).map((head) => {
    const member = head % group;
    if (member === 0) taken.clear();
    let token =
      member === 0
        ? last
        : member === 1
          ? first
          : Math.min(last, source.whole(first + 1, Math.max(first + 1, last - 1)));
    // A key is that of one query alone.
    for (let turns = first; taken.has(token) && turns < last; turns++) token = token === last ? first : token + 1;
    taken.add(token);
    return token;
  });
}

function titleOf(scene: Scene): string {
  const { kind, shape, length, reach, capacity, splits, cap, rotates = true } = scene;
  const { heads, kvHeads, D } = shape;
  return [
    `${kind} numbers`,
    `${heads}/${kvHeads} heads of ${D}`,
    `${length} token${length === 1 ? "" : "s"}`,
    ...(reach === undefined ? [] : [`reach ${reach}`]),
    ...(capacity === undefined ? [] : [`room for ${capacity}`]),
    ...(splits === undefined ? [] : [`${splits} split${splits === 1 ? "" : "s"}`]),
    ...(cap === undefined ? [] : ["cap"]),
    ...(rotates ? [] : ["unturned"]),
  ].join(", ");
}

/** A layer's keys or values [length, KV heads, D]. What lies behind the sequence, and before what is seen, must not be looked at. */
function cache(scene: Scene, data: Float64Array) {
  const row = scene.shape.kvHeads * scene.shape.D;
  const longer = new Float64Array(data.length + 9 * row).fill(Number.NaN);
  const unseen = firstOf(scene) * row;
  longer.set(data.subarray(unseen), unseen);
  return input("bf16", longer);
}

function caseOf(scene: Scene): KernelCase {
  const { kind, shape, length, reach = length + 5, cap, rotates = true } = scene;
  const { heads, kvHeads, D } = shape;
  return {
    kernel: "decodeAttention",
    title: titleOf(scene),
    constants(setting: Setting) {
      const { G, GM, DP, HALF, HALFP } = constantsOf(shape);
      const GP = groupRows(shape, setting);
      return { G, GM, GP, D, DP, HALF, HALFP, ...tilesOf(setting.set, scene), CAP: cap !== undefined };
    },
    grid({ set }) {
      const { SPLITS } = tilesOf(set, scene);
      return [kvHeads, Math.min(SPLITS, scene.splits ?? SPLITS)];
    },
    prepare() {
      const one = kind === "random" ? randomAttention(scene) : exactAttention(scene);
      const { table, scale, q, keys, values } = one;
      return {
        buffers: {
          q: input("f32", q),
          keys: cache(scene, keys),
          values: cache(scene, values),
          cosine: input("f32", table.cosine),
          sine: input("f32", table.sine),
          position: input("i32", [length - 1]),
          // Zero before, zero after: the next launch counts from there.
          finished: changed("i32", new Int32Array(kvHeads), new Float64Array(kvHeads), 0),
          // Whole numbers are rotated without rounding: whatever the blocks, results are the same.
          ...(kind === "whole" && { out: { ...output("f32", attention(one, LARGEST_BLOCK), 0), row: D } }),
        },
        own({ set }) {
          const { SPLITS, BN } = tilesOf(set, scene);
          return {
            ...(kind === "random" && { out: { ...output("f32", attention(one, BN), BF16), row: D } }),
            partial: scratch("f32", heads * SPLITS * D),
            peak: scratch("f32", heads * SPLITS),
            total: scratch("f32", heads * SPLITS),
          };
        },
        args: (b) => ({
          ...named(b, "q", "keys", "values", "cosine", "sine", "position"),
          ...named(b, "partial", "peak", "total", "finished", "out"),
          ...{ scale, cap: cap ?? 0, kvHeads, rotaryRow: rotates ? D / 2 : 0, reach },
        }),
      };
    },
  };
}

/** Equal scores everywhere: the mean of the values, exact where the number of tokens is a power of two. */
function meanCase(shape: HeadShape, length: number): KernelCase {
  const scene: Scene = { kind: "whole", shape, length };
  const one = caseOf(scene);
  return {
    ...one,
    title: `equal scores, ${length} tokens`,
    prepare() {
      const prepared = one.prepare();
      const { heads, kvHeads, D } = shape;
      const { values } = exactAttention(scene);
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

/** Scores of random queries are of about one: this bends them. */
const CAP = 1.5;

/** Windows of one key, within a block, of a block and a little, and of more keys than a block for every split. */
function reaches(set: Edges["set"], shape: HeadShape): Pick<Scene, "length" | "reach">[] {
  const { SPLITS, BN } = tilesOf(set, { shape });
  const all = SPLITS * BN;
  return [
    { length: 2 * BN + 3, reach: 1 },
    { length: 2 * BN + 3, reach: BN - 3 },
    { length: BN + 1, reach: BN },
    { length: 4 * BN, reach: BN + 1 },
    { length: all + BN + 9, reach: all + 1 },
    { length: BN + 7, reach: BN + 7 },
    { length: BN + 7, reach: BN + 8 },
  ];
}

export function decodeAttentionCases({ set, shapes }: Edges): KernelCase[] {
  const [first, ...others] = shapes as [HeadShape, ...HeadShape[]];
  const { SPLITS, BN } = tilesOf(set, { shape: first });
  const scenes: Omit<Scene, "kind">[] = [
    ...lengths(set, first).map((length) => ({ shape: first, length })),
    ...others.flatMap((shape) => {
      const { SPLITS, BN } = tilesOf(set, { shape });
      return [BN + 1, SPLITS * BN].map((length) => ({ shape, length }));
    }),
    ...reaches(set, first).map((seen) => ({ shape: first, ...seen })),
    ...[1, SPLITS * BN + 1].map((length) => ({ shape: first, length, rotates: false })),
    // One program for all, fewer and more blocks than programs, and numbers of blocks that programs do not share evenly.
    ...[1, 2, 3].flatMap((splits) => [BN - 1, 2 * BN, 7 * BN + 3].map((length) => ({ shape: first, length, splits }))),
    { shape: first, length: 8 * BN, reach: 5 * BN + 1, splits: 3 },
    { shape: first, length: 3 * BN + 5, capacity: 1 << 16 },
    // More keys than there are splits.
    { shape: first, length: 200 * BN + 5, capacity: 1 << 16 },
  ];
  const bent = [
    ...[first, others.at(-1) ?? first].map((shape) => ({ shape, length: 3 * BN + 5 })),
    { shape: first, length: 3 * BN, reach: BN + 1, rotates: false },
  ];
  return [
    ...scenes.flatMap((scene) => (["random", "whole"] as const).map((kind) => caseOf({ kind, ...scene }))),
    ...bent.map((scene) => caseOf({ kind: "random", cap: CAP, ...scene })),
    ...[BN / 2, SPLITS * BN].map((length) => meanCase(first, length)),
  ];
}
