import { FORMATS } from "../../../runtime/kernels/tiles.js";
import { inputs, KINDS, type Kind, normInputs } from "../activations.js";
import {
  BF16,
  cdiv,
  changed,
  type Edges,
  F32,
  input,
  type KernelCase,
  named,
  output,
  weightsArguments,
  weightsInput,
  within,
} from "../case.js";
import { type Weights, weightMatrix, withRowTwice } from "../matrix.js";
import { gated, normalized, product, sum } from "../reference.js";

const weightsOf = (kind: Kind, unit = 1): Weights => (kind === "whole" ? { kind, unit } : { kind: "random" });

/**
 * Numbers of blocks: less than a tile, a whole one, and more. The mean square of whole numbers is exact only over a power of two of them,
 * since a GPU divides by multiplying with the reciprocal.
 */
const blockCounts = (kind: Kind, B: number): number[] => (kind === "whole" ? [1, B, 2 * B] : [1, B - 1, B + 1]);

/** Every combination of format, kind and number of blocks. */
const combinations = (B: number, blocks: (kind: Kind, B: number) => number[] = blockCounts) =>
  FORMATS.flatMap((FORMAT) =>
    KINDS.flatMap((kind) => blocks(kind, B).map((blockCount) => ({ FORMAT, kind, blockCount }))),
  );

const titleOf = (FORMAT: string, kind: Kind, blockCount: number): string =>
  `${FORMAT}, ${kind} numbers, ${blockCount} block${blockCount === 1 ? "" : "s"}`;

export function decodeQkvCases({ tiles }: Edges): KernelCase[] {
  const { B, R } = tiles.qkv;
  // A program's rows reach from q into k, and another's from k into v.
  const [qRows, kvRows, capacity, position] = [2 * R + 3, R + 1, 5, 3];
  return combinations(B).map(({ FORMAT, kind, blockCount }) => ({
    kernel: "decodeQkv",
    title: titleOf(FORMAT, kind, blockCount),
    constants: ({ tiles: { qkv } }) => ({ ...qkv, FORMAT }),
    grid: ({ tiles: { qkv } }) => [cdiv(qRows + 2 * kvRows, qkv.R)],
    prepare() {
      const data = inputs(kind, blockCount);
      const matrix = weightMatrix(FORMAT, qRows + 2 * kvRows, blockCount, data.source, weightsOf(kind));
      const { x, norm, epsilon } = normInputs(data, matrix.columns);
      const y = product(normalized(x, norm, epsilon), matrix.values, 1, matrix.rows, matrix.columns);
      const cache = (from: number) => {
        const want = within(capacity * kvRows, position * kvRows, y.subarray(from, from + kvRows));
        return output("bf16", want, data.tolerance(BF16));
      };
      return {
        buffers: {
          x: input("f32", x),
          norm: input("f32", norm),
          weights: weightsInput(matrix),
          q: output("f32", y.slice(0, qRows), data.tolerance(F32)),
          keys: cache(qRows),
          values: cache(qRows + kvRows),
          position: input("i32", [position]),
        },
        args: (b) => ({
          ...named(b, "x", "norm", "q", "keys", "values", "position"),
          ...weightsArguments(b.weights),
          ...{ epsilon, qRows, kvRows, blockCount },
        }),
      };
    },
  }));
}

export function decodeGateUpCases({ tiles }: Edges): KernelCase[] {
  const { B, R } = tiles.gateUp;
  const outRows = 2 * R + 1;
  return combinations(B).map(({ FORMAT, kind, blockCount }) => ({
    kernel: "decodeGateUp",
    title: titleOf(FORMAT, kind, blockCount),
    constants: ({ tiles: { gateUp } }) => ({ ...gateUp, FORMAT }),
    grid: ({ tiles: { gateUp } }) => [cdiv(outRows, gateUp.R)],
    prepare() {
      const data = inputs(kind, blockCount);
      // Gates that are multiples of 128 have a sigmoid of exactly 0, ½ or 1 in f32.
      const matrix = weightMatrix(FORMAT, 2 * outRows, blockCount, data.source, weightsOf(kind, 128));
      const { x, norm, epsilon } = normInputs(data, matrix.columns);
      const y = product(normalized(x, norm, epsilon), matrix.values, 1, 2 * outRows, matrix.columns);
      return {
        buffers: {
          x: input("f32", x),
          norm: input("f32", norm),
          weights: weightsInput(matrix),
          out: output("f32", gated(y.subarray(0, outRows), y.subarray(outRows)), data.tolerance(F32)),
        },
        args: (b) => ({
          ...named(b, "x", "norm", "out"),
          ...weightsArguments(b.weights),
          ...{ epsilon, outRows, blockCount },
        }),
      };
    },
  }));
}

export function decodeAddCases({ tiles }: Edges): KernelCase[] {
  return (["out", "down"] as const).flatMap((use) => {
    const { B, R } = tiles[use];
    const rowCount = 3 * R + 1;
    return combinations(B, () => [1, B, B + 1]).map(
      ({ FORMAT, kind, blockCount }): KernelCase => ({
        kernel: "decodeAdd",
        title: `${use}, ${titleOf(FORMAT, kind, blockCount)}`,
        constants: (setting) => ({ ...setting.tiles[use], FORMAT }),
        grid: (setting) => [cdiv(rowCount, setting.tiles[use].R)],
        prepare() {
          const data = inputs(kind, blockCount);
          const matrix = weightMatrix(FORMAT, rowCount, blockCount, data.source, weightsOf(kind));
          const [x, residual] = [data.f32(matrix.columns), data.f32(rowCount)];
          const want = sum(residual, product(x, matrix.values, 1, rowCount, matrix.columns));
          return {
            buffers: {
              x: input("f32", x),
              residual: changed("f32", residual, want, data.tolerance(F32)),
              weights: weightsInput(matrix),
            },
            args: (b) => ({ ...named(b, "x", "residual"), ...weightsArguments(b.weights), rowCount, blockCount }),
          };
        },
      }),
    );
  });
}

/** What each program of `decodeLogits` finds best: its largest logit, and the first row that has it. */
function bestOfPrograms(logits: Float64Array, programs: number, R: number) {
  const best = new Float64Array(programs).fill(Number.NEGATIVE_INFINITY);
  const rows = new Float64Array(programs);
  logits.forEach((logit, row) => {
    const program = Math.floor(row / R) % programs;
    if (logit <= best[program]!) return;
    best[program] = logit;
    rows[program] = row;
  });
  return { best, rows };
}

export function decodeLogitsCases({ tiles }: Edges): KernelCase[] {
  const { B, R } = tiles.logits;
  return [1, 3].flatMap((programs) =>
    combinations(B).map(({ FORMAT, kind, blockCount }): KernelCase => {
      const rowCount = 7 * R + 3;
      return {
        kernel: "decodeLogits",
        title: `${programs} program${programs === 1 ? "" : "s"}, ${titleOf(FORMAT, kind, blockCount)}`,
        constants: ({ tiles: { logits } }) => ({ ...logits, FORMAT }),
        grid: () => [programs],
        prepare() {
          const data = inputs(kind, blockCount);
          const random = weightMatrix(FORMAT, rowCount, blockCount, data.source, weightsOf(kind));
          const { x, norm, epsilon } = normInputs(data, random.columns);
          const state = normalized(x, norm, epsilon);
          const logitsOf = ({ values, columns }: typeof random) => product(state, values, 1, rowCount, columns);
          // The best row of the first tile comes twice more in the next tile of its program: in the same lane, and in another.
          const first = logitsOf(random);
          const top = first.indexOf(Math.max(...first.subarray(0, R)));
          const next = programs * R;
          const matrix = withRowTwice(withRowTwice(random, top, next + top), top, next + ((top + 1) % R));
          const logits = logitsOf(matrix);
          return {
            buffers: {
              x: input("f32", x),
              norm: input("f32", norm),
              weights: weightsInput(matrix),
              logits: output("f32", logits, data.tolerance(F32)),
            },
            own(setting) {
              const { best, rows } = bestOfPrograms(logits, programs, setting.tiles.logits.R);
              return { bestLogit: output("f32", best, data.tolerance(F32)), bestRow: output("i32", rows, 0) };
            },
            args: (b) => ({
              ...named(b, "x", "norm", "logits", "bestLogit", "bestRow"),
              ...weightsArguments(b.weights),
              ...{ epsilon, rowCount, blockCount },
            }),
          };
        },
      };
    }),
  );
}
