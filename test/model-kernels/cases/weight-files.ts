import type { Format } from "../../../runtime/kernels/linear/weights.js";
import {
  cdiv,
  type Edges,
  EXACT,
  encode,
  input,
  type KernelCase,
  named,
  output,
  weightsArguments,
  weightsInput,
} from "../case.js";
import { formats } from "../formats.js";
import { unitOf } from "../kept.js";
import { weightMatrix } from "../matrix.js";
import { many, numbers, rounded } from "../numbers.js";

/** Exact for any weights: each is rounded to f32 once and to bf16 once. */
export function dequantizeMatrixCases({ tiles }: Edges): KernelCase[] {
  const { R, B } = tiles.dequantize;
  const sizes = [
    [1, 1],
    [R, B],
    [R + 1, B + 1],
    [3 * R - 1, 2 * B - 1],
  ] as const;
  return formats.flatMap((FORMAT) =>
    sizes.map(([rowCount, blocks]) =>
      dequantizeMatrixCase(FORMAT, rowCount, cdiv(blocks, unitOf(FORMAT)) * unitOf(FORMAT)),
    ),
  );
}

function dequantizeMatrixCase(FORMAT: Format, rowCount: number, blockCount: number): KernelCase {
  return {
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
  };
}

/** Rows that are a little, or a block and more, narrower than what they become; and more of those than there were. */
export function padRowsCases({ tiles }: Edges): KernelCase[] {
  const { BLOCK } = tiles.pad;
  const sizes = [
    { width: 1, columns: 32 },
    { width: BLOCK - 1, columns: BLOCK },
    { width: BLOCK, columns: BLOCK + 32 },
    { width: BLOCK + 3, columns: 2 * BLOCK + 32 },
    { width: 64, columns: 64 },
  ];
  return (["f32", "f16", "bf16"] as const).flatMap((T) =>
    sizes.map((size): KernelCase => {
      const { width, columns } = size;
      const [rowCount, programs] = [3, 5];
      return {
        kernel: "padRows",
        title: `${T}, ${width} of ${columns} columns`,
        constants: (setting) => ({ ...setting.tiles.pad, T }),
        grid: (setting) => [programs, cdiv(columns, setting.tiles.pad.BLOCK)],
        prepare() {
          const made = many(rowCount * width, numbers(width).normal);
          const values = T === "f32" ? made.map(Math.fround) : rounded(T, made);
          const want = new Float64Array(programs * columns);
          for (let row = 0; row < rowCount; row++)
            want.set(values.subarray(row * width, (row + 1) * width), row * columns);
          return {
            buffers: { from: input(T, values), out: output("bf16", want, EXACT) },
            args: (b) => ({ ...named(b, "from", "out"), rowCount, width, columns }),
          };
        },
      };
    }),
  );
}

/** Rows of any number of bytes, in an order that repeats some and leaves some out. */
export function reorderRowsCases({ tiles }: Edges): KernelCase[] {
  const { BLOCK } = tiles.reorder;
  const order = [4, 0, 0, 6, 2, 5];
  return [1, 18, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 34].map((rowBytes) => ({
    kernel: "reorderRows",
    title: `${rowBytes} bytes a row`,
    constants: (setting) => ({ ...setting.tiles.reorder }),
    grid: (setting) => [order.length, cdiv(rowBytes, setting.tiles.reorder.BLOCK)],
    prepare() {
      const source = numbers(rowBytes);
      const bytes = many(7 * rowBytes, () => source.whole(0, 255));
      const want = order.flatMap((row) => [...bytes.subarray(row * rowBytes, (row + 1) * rowBytes)]);
      return {
        buffers: {
          from: { dtype: "u8", data: encode("u8", bytes) },
          order: input("i32", order),
          out: output("u8", Float64Array.from(want), EXACT),
        },
        args: (b) => ({ ...named(b, "from", "order", "out"), rowBytes }),
      };
    },
  }));
}
