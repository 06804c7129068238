import {
  arange,
  type Const,
  type F32,
  type Int,
  kernel,
  load,
  type Ptr,
  programId,
  rand,
  store,
  where,
} from "tilescript";

/**
 * Dropout that keeps no mask in memory: an element goes with probability p, the others grow by 1 / (1 − p). Which ones go follows from the seed
 * and their places, so a backward pass draws them again.
 */
export const dropout = kernel(
  ({
    x,
    out,
    n,
    p,
    seed,
    BLOCK,
  }: {
    x: Ptr<"f32">;
    out: Ptr<"f32">;
    n: Int;
    p: F32;
    seed: Int;
    BLOCK: Const<"BLOCK">;
  }) => {
    const at = programId(0) * BLOCK + arange(0, BLOCK);
    const mask = at < n;
    const kept = rand(seed, at) > p;
    store(out + at, where(kept, load(x + at, { mask }) / (1 - p), 0), { mask });
  },
  { builds: [{ constants: { BLOCK: 1024 } }] },
);
