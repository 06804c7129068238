import { arange, type Const, exp, type Int, kernel, load, max, type Ptr, programId, store, sum } from "tilescript";

/** Softmax of every row in one pass over memory: a program keeps its whole row in registers. BLOCK is a power of two ≥ columns. */
export const softmax = kernel(
  (p: { x: Ptr<"f32">; out: Ptr<"f32">; columns: Int; BLOCK: Const<"BLOCK"> }) => {
    const lane = arange(0, p.BLOCK);
    const mask = lane < p.columns;
    const start = programId(0) * p.columns;
    const row = load(p.x + start + lane, { mask, other: -Infinity });
    const weights = exp(row - max(row, 0));
    store(p.out + start + lane, weights / sum(weights, 0), { mask });
  },
  { builds: [{ constants: { BLOCK: 1024 } }, { constants: { BLOCK: 4096 }, warps: 8 }] },
);
