import { type Edges, F32, input, type KernelCase, named, output } from "../case.js";
import { many, numbers } from "../numbers.js";

/** Logits of a model that is sure of little, and of one that is sure of all, which leaves hardly anything for other tokens. */
const SPREADS = { even: 0.01, usual: 3, steep: 40 } as const;

function caseOf(title: keyof typeof SPREADS, count: number, rows: number): KernelCase {
  return {
    kernel: "scoreTokens",
    title: `${title} logits of ${rows} rows, ${count} tokens`,
    constants: ({ tiles }) => ({ ...tiles.score }),
    grid: () => [rows],
    prepare() {
      const source = numbers(count + rows);
      // The last token only fills the vocabulary up.
      const logits = many(rows * count, () => Math.fround(50 + SPREADS[title] * source.normal())).map((logit, at) =>
        at % count === count - 1 ? Number.NEGATIVE_INFINITY : logit,
      );
      const targets = Int32Array.from({ length: rows }, (_, row) => (row * 7919) % (count - 1));
      const scores = Float64Array.from(targets, (target, row) => {
        const mine = logits.subarray(row * count, (row + 1) * count);
        const best = mine.reduce((a, b) => Math.max(a, b));
        return mine[target]! - best - Math.log(mine.reduce((sum, logit) => sum + Math.exp(logit - best), 0));
      });
      return {
        buffers: {
          logits: input("f32", logits),
          targets: input("i32", targets),
          scores: output("f32", scores, F32),
        },
        args: (b) => ({ ...named(b, "logits", "targets", "scores"), count }),
      };
    },
  };
}

export function scoreTokensCases({ tiles }: Edges): KernelCase[] {
  const { BLOCK } = tiles.score;
  return [30, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 9].flatMap((count) => [
    caseOf("even", count, 1),
    caseOf("usual", count, 5),
    caseOf("steep", count, 3),
  ]);
}
