import { inputs, KINDS, type Kind, normInputs } from "../activations.js";
import {
  BF16,
  cdiv,
  changed,
  constantsOf,
  type Edges,
  EXACT,
  type HeadShape,
  input,
  type KernelCase,
  named,
  output,
  powerOfTwo,
  within,
} from "../case.js";
import { mapVectors, normalized, type RotaryTable, turned } from "../reference.js";
import { quarterTurns, rotaryTable } from "../rotary.js";
import { headInputs } from "./decode-project.js";

const tableOf = (kind: Kind, positions: number, half: number): RotaryTable =>
  kind === "whole" ? quarterTurns(positions, half) : rotaryTable(positions, half);

/** How many numbers have a mean that is exact on every device. */
const isExact = (kind: Kind, count: number): boolean => kind === "random" || Math.log2(count) % 1 === 0;

export function rmsNormCases({ tiles }: Edges): KernelCase[] {
  const { KP } = tiles.norm;
  return KINDS.flatMap((kind) =>
    [16, 32, 576, 1000, 1024, KP - 32, KP - 5, KP, KP + 32, 2 * KP, 2 * KP + 7]
      .filter((width) => isExact(kind, width))
      .map((width) => rmsNormCase(kind, width)),
  );
}

function rmsNormCase(kind: Kind, width: number): KernelCase {
  const rows = 3;
  return {
    kernel: "rmsNorm",
    title: `${kind} numbers, width ${width}`,
    constants: ({ tiles }) => ({ KP: Math.min(powerOfTwo(cdiv(width, 32) * 32), tiles.norm.KP) }),
    grid: () => [rows],
    prepare() {
      const data = inputs(kind, width);
      const { norm, epsilon } = normInputs(data, width);
      const x = Float64Array.from(Array.from({ length: rows }, () => [...normInputs(data, width).x]).flat());
      const want = mapVectors(x, norm.length, (row) => normalized(row, norm, epsilon, width));
      return {
        buffers: {
          x: input("f32", x),
          weight: input("f32", norm),
          out: { ...output("bf16", want, data.tolerance(BF16)), row: norm.length },
        },
        args: (b) => ({ ...named(b, "x", "weight", "out"), padded: norm.length, width, epsilon }),
      };
    },
  };
}

const TOKENS = 3;

/** A product with [q; k; v] of TOKENS tokens, and the caches that k and v go to. */
function qkvParts({ heads, kvHeads, D }: HeadShape, qkv: Float64Array, firstPosition: number) {
  const width = (heads + 2 * kvHeads) * D;
  const rowsFrom = (from: number): Float64Array =>
    Float64Array.from(
      Array.from({ length: TOKENS }, (_, token) => {
        const start = token * width + from * D;
        return [...qkv.subarray(start, start + kvHeads * D)];
      }).flat(),
    );
  const cache = (rows: Float64Array) => {
    const row = kvHeads * D;
    return output("bf16", within((firstPosition + TOKENS + 2) * row, firstPosition * row, rows), EXACT);
  };
  return { width, keys: cache(rowsFrom(heads)), values: cache(rowsFrom(heads + kvHeads)) };
}

export function normHeadsCases({ shapes }: Edges): KernelCase[] {
  return shapes.flatMap((shape) =>
    KINDS.filter((kind) => isExact(kind, shape.D)).map((kind) => normHeadsCase(shape, kind)),
  );
}

function normHeadsCase(shape: HeadShape, kind: Kind): KernelCase {
  const { heads, kvHeads, D } = shape;
  const all = heads + 2 * kvHeads;
  return {
    kernel: "normHeads",
    title: `${kind} numbers, ${heads}/${kvHeads} heads of ${D}`,
    constants: () => ({ HP: powerOfTwo(heads + kvHeads), D, DP: constantsOf(shape).DP }),
    grid: () => [TOKENS],
    prepare() {
      const data = inputs(kind, heads + D);
      const { heads: made, queryNorm, keyNorm, epsilon } = headInputs(data, TOKENS * all, D);
      const qkv = data.rounded(made);
      const want = mapVectors(qkv, D, (one, index) => {
        const head = index % all;
        if (head >= heads + kvHeads) return one.map(() => Number.NaN);
        return normalized(one, head < heads ? queryNorm : keyNorm, epsilon);
      });
      return {
        buffers: {
          qkv: { ...changed("bf16", qkv, want, data.tolerance(BF16)), row: D },
          queryNorm: input("f32", queryNorm),
          keyNorm: input("f32", keyNorm),
        },
        args: (b) => ({ ...named(b, "qkv", "queryNorm", "keyNorm"), epsilon, heads, kvHeads }),
      };
    },
  };
}

export function appendCacheCases({ shapes }: Edges): KernelCase[] {
  return shapes.flatMap((shape) =>
    [0, 6].map((firstPosition): KernelCase => {
      const { heads, kvHeads, D } = shape;
      return {
        kernel: "appendCache",
        title: `${heads}/${kvHeads} heads of ${D}, from position ${firstPosition}`,
        constants: () => ({ KVP: constantsOf(shape).KVP, D, DP: constantsOf(shape).DP }),
        grid: () => [TOKENS],
        prepare() {
          const qkv = inputs("random", heads).bf16(TOKENS * (heads + 2 * kvHeads) * D);
          const { keys, values } = qkvParts(shape, qkv, firstPosition);
          return {
            buffers: { qkv: input("bf16", qkv), keys, values },
            args: (b) => ({ ...named(b, "qkv", "keys", "values"), firstPosition, heads, kvHeads }),
          };
        },
      };
    }),
  );
}

export function rotateAppendCases({ shapes }: Edges): KernelCase[] {
  const [first] = shapes as [HeadShape, ...HeadShape[]];
  return [
    ...shapes.flatMap((shape) =>
      KINDS.flatMap((kind) => [0, 6].map((position) => rotateAppendCase(shape, kind, position, true))),
    ),
    ...KINDS.map((kind) => rotateAppendCase(first, kind, 6, false)),
  ];
}

function rotateAppendCase(shape: HeadShape, kind: Kind, firstPosition: number, turns: boolean): KernelCase {
  const { heads, kvHeads, D } = shape;
  return {
    kernel: "rotateAppend",
    title: `${kind} numbers, ${heads}/${kvHeads} heads of ${D}, ${turns ? "" : "unturned, "}from position ${firstPosition}`,
    constants() {
      const { HP, KVP, DP, HALF, HALFP } = constantsOf(shape);
      return { HP, KVP, D, DP, HALF, HALFP };
    },
    grid: () => [TOKENS],
    prepare() {
      const data = inputs(kind, heads + firstPosition);
      const qkv = data.bf16(TOKENS * (heads + 2 * kvHeads) * D);
      const { width, keys, values } = qkvParts(shape, qkv, firstPosition);
      const table = tableOf(kind, turns ? firstPosition + TOKENS : 1, D / 2);
      const scale = kind === "whole" ? 0.5 : Math.fround(Math.LOG2E / Math.sqrt(D));
      const inPlace = mapVectors(qkv, D, (head, index) => {
        const token = Math.floor((index * D) / width);
        if (index - (token * width) / D >= heads) return head.map(() => Number.NaN);
        return turned(head, table, turns ? firstPosition + token : 0).map((value) => value * scale);
      });
      return {
        buffers: {
          qkv: changed("bf16", qkv, inPlace, data.tolerance(BF16)),
          keys,
          values,
          cosine: input("f32", table.cosine),
          sine: input("f32", table.sine),
        },
        args: (b) => ({
          ...named(b, "qkv", "keys", "values", "cosine", "sine"),
          ...{ rotaryRow: turns ? D / 2 : 0, firstPosition, scale, heads, kvHeads },
        }),
      };
    },
  };
}

export function rotateKeysCases({ shapes }: Edges): KernelCase[] {
  const [first] = shapes as [HeadShape, ...HeadShape[]];
  return [
    ...shapes.flatMap((shape) =>
      KINDS.flatMap((kind) => [0, 5].map((position) => rotateKeysCase(shape, kind, position, true))),
    ),
    ...KINDS.map((kind) => rotateKeysCase(first, kind, 5, false)),
  ];
}

function rotateKeysCase(shape: HeadShape, kind: Kind, firstPosition: number, turns: boolean): KernelCase {
  const { kvHeads, D } = shape;
  const [positions, capacity] = [7, 9];
  return {
    kernel: "rotateKeys",
    title: `${kind} numbers, ${kvHeads} heads of ${D}, ${turns ? "" : "unturned, "}from position ${firstPosition}`,
    constants() {
      const { KVP, HALF, HALFP } = constantsOf(shape);
      return { KVP, HALF, HALFP };
    },
    grid: () => [positions],
    prepare() {
      const data = inputs(kind, kvHeads);
      const keys = data.bf16(capacity * kvHeads * D);
      const table = tableOf(kind, turns ? firstPosition + positions : 1, D / 2);
      const seen = keys.subarray(0, positions * kvHeads * D);
      const want = mapVectors(seen, D, (head, index) =>
        turned(head, table, turns ? firstPosition + Math.floor(index / kvHeads) : 0),
      );
      return {
        buffers: {
          keys: input("bf16", keys),
          window: output("bf16", within(keys.length, 0, want), data.tolerance(BF16)),
          cosine: input("f32", table.cosine),
          sine: input("f32", table.sine),
        },
        args: (b) => ({
          ...named(b, "keys", "window", "cosine", "sine"),
          ...{ rotaryRow: turns ? D / 2 : 0, firstPosition, kvHeads },
        }),
      };
    },
  };
}
