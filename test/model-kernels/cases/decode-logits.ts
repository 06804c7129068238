import {
  biasInput,
  type Edges,
  F32,
  input,
  type KernelCase,
  named,
  output,
  weightsArguments,
  weightsInput,
} from "../case.js";
import { type WeightMatrix, withRowTwice } from "../matrix.js";
import { capped } from "../reference.js";
import {
  narrowProjections,
  normedProjection,
  type Projection,
  projections,
  someProjections,
  tilesFor,
  titleOf,
} from "./projections.js";

interface LogitChoices {
  readonly programs: number;
  readonly BIAS?: boolean;
  readonly cap?: number;
  /** Rows behind the last token. */
  readonly padding?: number;
}

/** Bends logits of about 1. */
const CAP = 1.5;

export function decodeLogitsCases(edges: Edges): KernelCase[] {
  const { B, R } = edges.tiles.logits;
  // Capped whole numbers are not whole.
  const random = someProjections(B).filter(({ kind }) => kind === "random");
  const paddings = [1, R + 5].map((padding) => ({ programs: 3, padding }));
  return [
    ...[1, 3].flatMap((programs) => projections(B).map((one) => decodeLogitsCase(edges, one, { programs }))),
    ...narrowProjections(B).map((one) => decodeLogitsCase(edges, one, { programs: 3 })),
    ...someProjections(B).map((one) => decodeLogitsCase(edges, one, { programs: 3, BIAS: true })),
    ...random.map((one) => decodeLogitsCase(edges, one, { programs: 1, cap: CAP })),
    ...random.map((one) => decodeLogitsCase(edges, one, { programs: 3, cap: CAP, BIAS: true, padding: 3 })),
    ...paddings.flatMap((choice) => someProjections(B).map((one) => decodeLogitsCase(edges, one, choice))),
  ];
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

/** The best row of the first tile comes twice more in the next tile of its program: in the same lane, and in another. */
function withTies(matrix: WeightMatrix, logits: Float64Array, programs: number, R: number): WeightMatrix {
  const top = logits.indexOf(Math.max(...logits.subarray(0, R)));
  const next = programs * R;
  return withRowTwice(withRowTwice(matrix, top, next + top), top, next + ((top + 1) % R));
}

/** The best row of all is one of padding. */
function withTopBehind(matrix: WeightMatrix, logits: Float64Array, padding: number): WeightMatrix {
  const top = logits.indexOf(Math.max(...logits));
  const lowest = logits.indexOf(Math.min(...logits));
  const behind = withRowTwice(matrix, top, matrix.rows - padding);
  return top < matrix.rows - padding ? withRowTwice(behind, lowest, top) : behind;
}

export function decodeLogitsCase({ tiles }: Edges, one: Projection, choices: LogitChoices): KernelCase {
  const { R } = tiles.logits;
  const { programs, BIAS = false, cap, padding = 0 } = choices;
  const rowCount = 7 * R + 3;
  const tokens = rowCount - padding;
  const said = [BIAS ? "bias" : "", cap ? "cap" : "", padding ? `${padding} rows of padding` : ""].filter(Boolean);
  return {
    kernel: "decodeLogits",
    title: `${programs} program${programs === 1 ? "" : "s"}, ${titleOf(one, ...said)}`,
    constants: (setting) => ({
      ...tilesFor(setting, "logits", one),
      FORMAT: one.FORMAT,
      BIAS,
      CAP: cap !== undefined,
    }),
    grid: () => [programs],
    prepare() {
      const { data, x, norm, epsilon, width, matrix, bias, y } = normedProjection(one, rowCount, {
        BIAS,
        change: (random, times) =>
          padding > 0 ? withTopBehind(random, times(random), padding) : withTies(random, times(random), programs, R),
      });
      const logits = y.map((value, row) => (row < tokens ? capped(value, cap) : Number.NEGATIVE_INFINITY));
      return {
        buffers: {
          x: input("f32", x),
          norm: input("f32", norm),
          weights: weightsInput(matrix),
          bias: biasInput(bias),
          logits: output("f32", logits, data.tolerance(F32)),
        },
        own(setting) {
          const { best, rows } = bestOfPrograms(logits, programs, setting.tiles.logits.R);
          return { bestLogit: output("f32", best, data.tolerance(F32)), bestRow: output("i32", rows, 0) };
        },
        args: (b) => ({
          ...named(b, "x", "norm", "bias", "logits", "bestLogit", "bestRow"),
          ...weightsArguments(b.weights),
          ...{ epsilon, width, cap: cap ?? 0, rowCount, tokens, blockCount: one.blockCount },
        }),
      };
    },
  };
}
