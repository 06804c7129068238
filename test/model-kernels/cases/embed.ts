import type { Format } from "../../../runtime/kernels/linear/weights.js";
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
import { kept, wholeBlocks } from "../kept.js";
import { weightMatrix } from "../matrix.js";
import { numbers } from "../numbers.js";

/** Exact for any weights: q · scale + least is rounded once, and so is its product with the embedding's scale. */
export function embedCases({ tiles }: Edges): KernelCase[] {
  const { B } = tiles.embed;
  return kept.flatMap((FORMAT) =>
    wholeBlocks(FORMAT, [1, B, B + 1]).flatMap((blockCount, index) =>
      index === 0
        ? [1, Math.fround(Math.sqrt(576))].map((scale) => embedCase(FORMAT, blockCount, scale))
        : [embedCase(FORMAT, blockCount, 0.3)],
    ),
  );
}

function embedCase(FORMAT: Format, blockCount: number, factor: number): KernelCase {
  const rowCount = 11;
  const ids = [3, 0, 10, 3, 7];
  const scale = Math.fround(factor);
  return {
    kernel: "embed",
    title: `${FORMAT}, ${blockCount} blocks, scale ${factor}`,
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
          out: output(
            "f32",
            Float64Array.from(want, (value) => value * scale),
            EXACT,
          ),
        },
        args: (b) => ({ ...named(b, "ids", "out"), ...weightsArguments(b.weights), scale, rowCount, blockCount }),
      };
    },
  };
}
