import { FORMATS } from "../../../runtime/kernels/tiles.js";
import { inputs, KINDS, type Kind, normInputs } from "../activations.js";
import {
  BF16,
  cdiv,
  changed,
  type Edges,
  EXACT,
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
import { numbers } from "../numbers.js";
import { mapVectors, normalized, type RotaryTable, turned } from "../reference.js";
import { quarterTurns, rotaryTable } from "../rotary.js";

const tableOf = (kind: Kind, positions: number, half: number): RotaryTable =>
  kind === "whole" ? quarterTurns(positions, half) : rotaryTable(positions, half);

export function rmsNormCases({ tiles }: Edges): KernelCase[] {
  const { KP } = tiles.norm;
  const rows = 3;
  // The kernel promises widths that are multiples of 16.
  return KINDS.flatMap((kind) =>
    [16, KP - 16, KP, KP + 16].map(
      (width): KernelCase => ({
        kernel: "rmsNorm",
        title: `${kind} numbers, width ${width}`,
        constants: (setting) => ({ ...setting.tiles.norm }),
        grid: () => [rows],
        prepare() {
          const data = inputs(kind, width);
          const { norm, epsilon } = normInputs(data, width);
          const x = Float64Array.from(Array.from({ length: rows }, () => [...normInputs(data, width).x]).flat());
          const want = mapVectors(x, width, (row) => normalized(row, norm, epsilon));
          return {
            buffers: {
              x: input("f32", x),
              weight: input("f32", norm),
              out: output("bf16", want, data.tolerance(BF16)),
            },
            args: (b) => ({ ...named(b, "x", "weight", "out"), width, epsilon }),
          };
        },
      }),
    ),
  );
}

/** Exact for any weights: each is rounded to f32 once and to bf16 once. */
export function dequantizeMatrixCases({ tiles }: Edges): KernelCase[] {
  const { R, B } = tiles.dequantize;
  return FORMATS.flatMap((FORMAT) =>
    (
      [
        [1, 1],
        [R, B],
        [R + 1, B + 1],
        [3 * R - 1, 2 * B - 1],
      ] as const
    ).map(
      ([rowCount, blockCount]): KernelCase => ({
        kernel: "dequantizeMatrix",
        title: `${FORMAT}, ${rowCount} rows of ${blockCount} blocks`,
        constants: (setting) => ({ ...setting.tiles.dequantize, FORMAT }),
        grid: ({ tiles: { dequantize } }) => [cdiv(rowCount, dequantize.R), cdiv(blockCount, dequantize.B)],
        prepare() {
          const matrix = weightMatrix(FORMAT, rowCount, blockCount, numbers(rowCount), { kind: "random" });
          return {
            buffers: { weights: weightsInput(matrix), out: output("bf16", matrix.values, EXACT) },
            args: (b) => ({ ...named(b, "out"), ...weightsArguments(b.weights), rowCount, blockCount }),
          };
        },
      }),
    ),
  );
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

export function appendCacheCases({ shapes }: Edges): KernelCase[] {
  return shapes.flatMap((shape) =>
    [0, 6].map((firstPosition): KernelCase => {
      const { heads, kvHeads, D } = shape;
      return {
        kernel: "appendCache",
        title: `${heads}/${kvHeads} heads of ${D}, from position ${firstPosition}`,
        constants: () => ({ KVP: powerOfTwo(kvHeads), D }),
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
  return shapes.flatMap((shape) =>
    KINDS.flatMap((kind) => [0, 6].map((position) => rotateAppendCase(shape, kind, position))),
  );
}

function rotateAppendCase(shape: HeadShape, kind: Kind, firstPosition: number): KernelCase {
  const { heads, kvHeads, D } = shape;
  return {
    kernel: "rotateAppend",
    title: `${kind} numbers, ${heads}/${kvHeads} heads of ${D}, from position ${firstPosition}`,
    constants: () => ({ HP: powerOfTwo(heads), KVP: powerOfTwo(kvHeads), D, HALF: D / 2 }),
    grid: () => [TOKENS],
    prepare() {
      const data = inputs(kind, heads + firstPosition);
      const qkv = data.bf16(TOKENS * (heads + 2 * kvHeads) * D);
      const { width, keys, values } = qkvParts(shape, qkv, firstPosition);
      const table = tableOf(kind, firstPosition + TOKENS, D / 2);
      const scale = kind === "whole" ? 0.5 : Math.fround(Math.LOG2E / Math.sqrt(D));
      const inPlace = mapVectors(qkv, D, (head, index) => {
        const token = Math.floor((index * D) / width);
        if (index - (token * width) / D >= heads) return head.map(() => Number.NaN);
        return turned(head, table, firstPosition + token).map((value) => value * scale);
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
          ...{ firstPosition, scale, heads, kvHeads },
        }),
      };
    },
  };
}

export function rotateKeysCases({ shapes }: Edges): KernelCase[] {
  return shapes.flatMap((shape) => KINDS.map((kind) => rotateKeysCase(shape, kind)));
}

function rotateKeysCase({ kvHeads, D }: HeadShape, kind: Kind): KernelCase {
  const [positions, capacity] = [7, 9];
  return {
    kernel: "rotateKeys",
    title: `${kind} numbers, ${kvHeads} heads of ${D}`,
    constants: () => ({ KVP: powerOfTwo(kvHeads), D, HALF: D / 2 }),
    grid: () => [positions],
    prepare() {
      const data = inputs(kind, kvHeads);
      const keys = data.bf16(capacity * kvHeads * D);
      const table = tableOf(kind, positions, D / 2);
      const seen = keys.subarray(0, positions * kvHeads * D);
      const want = mapVectors(seen, D, (head, index) => turned(head, table, Math.floor(index / kvHeads)));
      return {
        buffers: {
          keys: input("bf16", keys),
          window: output("bf16", within(keys.length, 0, want), data.tolerance(BF16)),
          cosine: input("f32", table.cosine),
          sine: input("f32", table.sine),
        },
        args: (b) => ({ ...named(b, "keys", "window", "cosine", "sine"), kvHeads }),
      };
    },
  };
}
