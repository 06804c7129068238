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
 * Dropout that keeps no mask in memory: an element goes with probability `rate`, the others grow by 1 / (1 − rate). Which ones go follows from the seed
 * and their places, so a backward pass draws them again.
 */
export const dropout = kernel(
  (p: { x: Ptr<"f32">; out: Ptr<"f32">; n: Int; rate: F32; seed: Int; BLOCK: Const<"BLOCK"> }) => {
    const at = programId(0) * p.BLOCK + arange(0, p.BLOCK);
    const mask = at < p.n;
    const kept = rand(p.seed, at) > p.rate;
    store(p.out + at, where(kept, load(p.x + at, { mask }) / (1 - p.rate), 0), { mask });
  },
  { builds: [{ constants: { BLOCK: 1024 } }] },
);
