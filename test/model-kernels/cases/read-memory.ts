import { READ_BLOCK } from "../../../runtime/kernels/tiles.js";
import { EXACT, input, type KernelCase, named, output } from "../case.js";
import { many, numbers } from "../numbers.js";

/** Sums of whole numbers are exact. */
export function readMemoryCases(): KernelCase[] {
  return [
    { programs: 1, blocks: 1 },
    { programs: 3, blocks: 3 },
    { programs: 3, blocks: 7 },
    { programs: 4, blocks: 2 },
  ].map(({ programs, blocks }) => ({
    kernel: "readMemory",
    title: `${blocks} blocks, ${programs} programs`,
    constants: () => ({ BLOCK: READ_BLOCK }),
    grid: () => [programs],
    prepare() {
      const source = numbers(blocks);
      const n = blocks * READ_BLOCK;
      const values = many(n, () => source.whole(-1_000_000, 1_000_000));
      const want = new Float64Array(programs * READ_BLOCK);
      for (const [at, value] of values.entries())
        want[(Math.floor(at / READ_BLOCK) % programs) * READ_BLOCK + (at % READ_BLOCK)]! += value;
      return {
        buffers: { x: input("i32", values), out: output("i32", want, EXACT) },
        args: (b) => ({ ...named(b, "x", "out"), n }),
      };
    },
  }));
}
