import { FORMATS } from "../../../runtime/kernels/tiles.js";
import {
  cdiv,
  type Edges,
  EXACT,
  input,
  type KernelCase,
  named,
  output,
  weightsArguments,
  weightsInput,
} from "../case.js";
import { weightMatrix } from "../matrix.js";
import { numbers } from "../numbers.js";

/** Exact for any weights: q · scale + least is rounded once, and the rest is copying. */
export function embedCases({ tiles }: Edges): KernelCase[] {
  const { B } = tiles.embed;
  const rowCount = 11;
  const ids = [3, 0, 10, 3, 7];
  return FORMATS.flatMap((FORMAT) =>
    [1, B, B + 1].map(
      (blockCount): KernelCase => ({
        kernel: "embed",
        title: `${FORMAT}, ${blockCount} blocks`,
        constants: ({ tiles: { embed } }) => ({ ...embed, FORMAT }),
        grid: ({ tiles: { embed } }) => [ids.length, cdiv(blockCount, embed.B)],
        prepare() {
          const matrix = weightMatrix(FORMAT, rowCount, blockCount, numbers(blockCount), { kind: "random" });
          const { columns, values } = matrix;
          const want = ids.flatMap((id) => [...values.subarray(id * columns, (id + 1) * columns)]);
          return {
            buffers: {
              ids: input("i32", ids),
              weights: weightsInput(matrix),
              out: output("f32", Float64Array.from(want), EXACT),
            },
            args: (b) => ({ ...named(b, "ids", "out"), ...weightsArguments(b.weights), rowCount, blockCount }),
          };
        },
      }),
    ),
  );
}
