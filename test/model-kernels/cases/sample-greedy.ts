import { type Edges, input, type KernelCase, named, output } from "../case.js";
import { many, numbers } from "../numbers.js";
import { changedState, stateAfter } from "../state.js";

interface Step {
  readonly count: number;
  readonly step: number;
}

/** Best logits of programs, whole so that several tie; the lowest row of the best is looked for wherever it is. */
function caseOf({ count, step }: Step): KernelCase {
  const ringSize = 8;
  return {
    kernel: "sampleGreedy",
    title: `${count} programs, step ${step}`,
    constants: ({ tiles }) => ({ ...tiles.greedy }),
    grid: () => [1],
    prepare() {
      const source = numbers(count);
      const bestLogit = many(count, () => source.whole(-3, 1));
      const bestRow = many(count, () => source.whole(0, 100_000));
      const top = Math.max(...bestLogit);
      const token = Math.min(...bestRow.filter((_, index) => bestLogit[index] === top));
      const position = 40;
      return {
        buffers: {
          bestLogit: input("f32", bestLogit),
          bestRow: input("i32", bestRow),
          state: changedState({ position, step }, stateAfter({ position, step, token })),
          ring: output(
            "i32",
            Float64Array.from({ length: ringSize }, (_, at) => (at === step % ringSize ? token : Number.NaN)),
            0,
          ),
        },
        args: (b) => ({ ...named(b, "bestLogit", "bestRow", "state", "ring"), count, ringSize }),
      };
    },
  };
}

export function sampleGreedyCases({ tiles }: Edges): KernelCase[] {
  const { BLOCK } = tiles.greedy;
  return [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 4 * BLOCK + 5].flatMap((count) => [
    caseOf({ count, step: 3 }),
    caseOf({ count, step: 8 + (count % 8) }),
  ]);
}
