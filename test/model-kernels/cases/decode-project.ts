import { type Inputs, inputs, normInputs } from "../activations.js";
import {
  BF16,
  biasInput,
  cdiv,
  changed,
  constantsOf,
  type Edges,
  F32,
  type HeadShape,
  input,
  type KernelCase,
  named,
  output,
  powerOfTwo,
  weightsArguments,
  weightsInput,
  within,
} from "../case.js";
import { weightMatrix } from "../matrix.js";
import { type Activation, biased, gated, mapVectors, normalized, product, sum } from "../reference.js";
import {
  biasOf,
  narrowProjections,
  normedProjection,
  type Projection,
  projections,
  someProjections,
  tilesFor,
  titleOf,
  weightsOf,
} from "./projections.js";

interface QkvChoices {
  readonly BIAS: boolean;
  readonly APART: boolean;
  /** Rows of the stacked weights that the matrix has, of so many query rows and key rows. Default: all. */
  readonly part?: (qRows: number, kvRows: number) => readonly [from: number, to: number];
}

/** What the formats of q, k and v may make of their stack: one of them, or two; and rows that belong to no one alone. */
const PARTS: readonly NonNullable<QkvChoices["part"]>[] = [
  (q) => [0, q],
  (q, kv) => [0, q + kv],
  (q, kv) => [q, q + kv],
  (q, kv) => [q, q + 2 * kv],
  (q, kv) => [q + kv, q + 2 * kv],
  (q, kv) => [1, q + 2 * kv - 1],
];

export function decodeQkvCases(edges: Edges): KernelCase[] {
  const { B } = edges.tiles.qkv;
  const choices = [
    { BIAS: true, APART: false },
    { BIAS: false, APART: true },
    { BIAS: true, APART: true },
  ];
  const plain = { BIAS: false, APART: false };
  const parts = PARTS.flatMap((part) => [false, true].map((APART) => ({ BIAS: true, APART, part })));
  const [narrow] = someProjections(B);
  return [
    ...parts.map((choice) => decodeQkvCase(edges, narrow!, choice)),
    ...[...projections(B), ...narrowProjections(B)].map((one) => decodeQkvCase(edges, one, plain)),
    ...choices.flatMap((choice) => someProjections(B).map((one) => decodeQkvCase(edges, one, choice))),
  ];
}

export function decodeQkvCase({ tiles }: Edges, one: Projection, { BIAS, APART, part }: QkvChoices): KernelCase {
  const { R } = tiles.qkv;
  // A program's rows reach from q into k, and another's from k into v.
  const [qRows, kvRows, capacity, position] = [2 * R + 3, R + 1, 5, 3];
  const [firstRow, end] = part?.(qRows, kvRows) ?? [0, qRows + 2 * kvRows];
  const rowCount = end - firstRow;
  const choices = [BIAS && "bias", APART && "keys apart", part && `rows ${firstRow} to ${end}`].filter(
    (name) => !!name,
  );
  return {
    kernel: "decodeQkv",
    title: titleOf(one, ...(choices as string[])),
    constants: (setting) => ({ ...tilesFor(setting, "qkv", one), FORMAT: one.FORMAT, BIAS, APART }),
    grid: (setting) => [cdiv(rowCount, tilesFor(setting, "qkv", one).R)],
    prepare() {
      const { data, x, norm, epsilon, width, matrix, bias, y } = normedProjection(one, rowCount, { BIAS });
      /** Of `length` elements for rows from `from` to `to`, those that the matrix has rows for. */
      const some = (length: number, at: number, from: number, to: number) => {
        const start = Math.max(from, firstRow);
        const rows = y.slice(start - firstRow, Math.max(start, Math.min(to, end)) - firstRow);
        return within(length, rows.length > 0 ? at + start - from : 0, rows);
      };
      const cache = (from: number, to: number) =>
        output("bf16", some(capacity * kvRows, position * kvRows, from, to), data.tolerance(BF16));
      const keysEnd = qRows + kvRows;
      return {
        buffers: {
          x: input("f32", x),
          norm: input("f32", norm),
          weights: weightsInput(matrix),
          bias: biasInput(bias),
          q: output("f32", some(keysEnd, 0, 0, APART ? keysEnd : qRows), data.tolerance(F32)),
          keys: cache(qRows, APART ? qRows : keysEnd),
          values: cache(keysEnd, keysEnd + kvRows),
          position: input("i32", [position]),
        },
        args: (b) => ({
          ...named(b, "x", "norm", "bias", "q", "keys", "values", "position"),
          ...weightsArguments(b.weights),
          ...{ epsilon, width, qRows, kvRows, firstRow, rowCount, blockCount: one.blockCount },
        }),
      };
    },
  };
}

/** Norms of heads are whole over a power of two of elements. */
export function decodeNormHeadsCases({ shapes }: Edges): KernelCase[] {
  return shapes.flatMap((shape) => {
    const kinds = Math.log2(shape.D) % 1 === 0 ? (["random", "whole"] as const) : (["random"] as const);
    return kinds.map((kind) => decodeNormHeadsCase(shape, kind));
  });
}

/** Heads [count, D] and the norms of both kinds of them. */
export function headInputs(data: Inputs, count: number, D: number) {
  const heads = Float64Array.from(Array.from({ length: count }, () => [...normInputs(data, D).x.slice(0, D)]).flat());
  const { epsilon } = normInputs(data, D);
  const weights = () => normInputs(data, D).norm.slice(0, D);
  return { heads, queryNorm: weights(), keyNorm: weights(), epsilon };
}

function decodeNormHeadsCase(shape: HeadShape, kind: "random" | "whole"): KernelCase {
  const { heads, kvHeads, D } = shape;
  const [position, capacity] = [3, 5];
  return {
    kernel: "decodeNormHeads",
    title: `${kind} numbers, ${heads}/${kvHeads} heads of ${D}`,
    constants: () => ({ D, DP: constantsOf(shape).DP }),
    grid: () => [heads + kvHeads],
    prepare() {
      const data = inputs(kind, heads + D);
      const { heads: q, queryNorm, keyNorm, epsilon } = headInputs(data, heads + kvHeads, D);
      const normed = mapVectors(q, D, (one, head) => normalized(one, head < heads ? queryNorm : keyNorm, epsilon));
      const row = kvHeads * D;
      return {
        buffers: {
          // Keys stay there as they were.
          q: changed("f32", q, within(q.length, 0, normed.slice(0, heads * D)), data.tolerance(F32)),
          keys: output(
            "bf16",
            within(capacity * row, position * row, normed.subarray(heads * D)),
            data.tolerance(BF16),
          ),
          queryNorm: input("f32", queryNorm),
          keyNorm: input("f32", keyNorm),
          position: input("i32", [position]),
        },
        args: (b) => ({ ...named(b, "q", "keys", "queryNorm", "keyNorm", "position"), epsilon, heads, kvHeads }),
      };
    },
  };
}

interface GateChoices {
  readonly BIAS: boolean;
  readonly ACT: Activation;
}

export function decodeGateUpCases(edges: Edges): KernelCase[] {
  const { B } = edges.tiles.gateUp;
  const choices = [
    { BIAS: true, ACT: "silu" },
    { BIAS: false, ACT: "gelu" },
    { BIAS: true, ACT: "gelu" },
  ] as const;
  const plain = { BIAS: false, ACT: "silu" } as const;
  return [
    ...[...projections(B), ...narrowProjections(B)].map((one) => decodeGateUpCase(edges, one, plain)),
    ...choices.flatMap((choice) => someProjections(B).map((one) => decodeGateUpCase(edges, one, choice))),
  ];
}

export function decodeGateUpCase({ tiles }: Edges, one: Projection, { BIAS, ACT }: GateChoices): KernelCase {
  const outRows = 2 * tiles.gateUp.R + 1;
  return {
    kernel: "decodeGateUp",
    title: titleOf(one, ...(BIAS ? ["bias"] : []), ACT),
    constants: (setting) => ({ ...tilesFor(setting, "gateUp", one), FORMAT: one.FORMAT, BIAS, ACT }),
    grid: (setting) => [cdiv(outRows, tilesFor(setting, "gateUp", one).R)],
    prepare() {
      // Gates that are multiples of 128 have a sigmoid, and a half of 1 + tanh, of exactly 0, ½ or 1 in f32.
      const { data, x, norm, epsilon, width, matrix, bias, y } = normedProjection(one, 2 * outRows, {
        BIAS,
        unit: 128,
      });
      const want = gated(y.slice(0, outRows), y.slice(outRows), ACT);
      return {
        buffers: {
          x: input("f32", x),
          norm: input("f32", norm),
          weights: weightsInput(matrix),
          bias: biasInput(bias),
          out: output("f32", want, data.tolerance(F32)),
        },
        args: (b) => ({
          ...named(b, "x", "norm", "bias", "out"),
          ...weightsArguments(b.weights),
          ...{ epsilon, width, outRows, blockCount: one.blockCount },
        }),
      };
    },
  };
}

interface AddChoices {
  readonly BIAS: boolean;
  readonly ADD: boolean;
}

export function decodeAddCases(edges: Edges): KernelCase[] {
  const choices = [
    { BIAS: true, ADD: true },
    { BIAS: false, ADD: false },
    { BIAS: true, ADD: false },
  ];
  const plain = { BIAS: false, ADD: true };
  const { B } = edges.tiles.add;
  return [
    ...projections(B, () => [1, B, B + 1]).map((one) => decodeAddCase(edges, one, plain)),
    ...choices.flatMap((choice) => someProjections(B).map((one) => decodeAddCase(edges, one, choice))),
  ];
}

export function decodeAddCase({ tiles }: Edges, one: Projection, { BIAS, ADD }: AddChoices): KernelCase {
  const { FORMAT, kind, blockCount } = one;
  const rowCount = 3 * tiles.add.R + 1;
  return {
    kernel: "decodeAdd",
    title: titleOf(one, ...(BIAS ? ["bias"] : []), ...(ADD ? [] : ["alone"])),
    constants: (setting) => ({ ...tilesFor(setting, "add", one), FORMAT, BIAS, ADD }),
    grid: (setting) => [cdiv(rowCount, tilesFor(setting, "add", one).R)],
    prepare() {
      const data = inputs(kind, blockCount);
      const matrix = weightMatrix(FORMAT, rowCount, blockCount, data.source, weightsOf(kind));
      const [x, residual] = [data.f32(matrix.columns), data.f32(rowCount)];
      const bias = biasOf(data, BIAS, rowCount);
      const y = biased(product(x, matrix.values, 1, rowCount, matrix.columns), bias);
      const tolerance = data.tolerance(F32);
      return {
        buffers: {
          x: input("f32", x),
          out: ADD ? changed("f32", residual, sum(residual, y), tolerance) : output("f32", y, tolerance),
          weights: weightsInput(matrix),
          bias: biasInput(bias),
        },
        args: (b) => ({ ...named(b, "x", "out", "bias"), ...weightsArguments(b.weights), rowCount, blockCount }),
      };
    },
  };
}

/** One row and several, of widths up to the power of two that a program reads at once. */
export function addNormedCases(): KernelCase[] {
  const widths = [16, 32, 576, 1000, 1024];
  return (["f32", "bf16"] as const).flatMap((T) =>
    (["random", "whole"] as const).flatMap((kind) =>
      widths
        .filter((width) => kind === "random" || Math.log2(width) % 1 === 0)
        .map((width) => addNormedCase(T, kind, width)),
    ),
  );
}

function addNormedCase(T: "f32" | "bf16", kind: "random" | "whole", width: number): KernelCase {
  const rows = 3;
  const padded = cdiv(width, 32) * 32;
  return {
    kernel: "addNormed",
    title: `${T}, ${kind} numbers, width ${width}`,
    constants: () => ({ KP: powerOfTwo(padded), T }),
    grid: () => [rows],
    prepare() {
      const data = inputs(kind, width);
      const { norm, epsilon } = normInputs(data, width);
      const lines = Array.from({ length: rows }, () => [...normInputs(data, width).x]).flat();
      const stored = input(T, lines);
      const y = T === "f32" ? Float64Array.from(lines) : data.rounded(lines);
      const residual = data.f32(rows * padded);
      const scaled = mapVectors(y, padded, (row) => normalized(row, norm, epsilon, width));
      return {
        buffers: {
          y: stored,
          weight: input("f32", norm),
          residual: changed("f32", residual, sum(residual, scaled), data.tolerance(F32)),
        },
        args: (b) => ({ ...named(b, "y", "weight", "residual"), padded, width, epsilon }),
      };
    },
  };
}
