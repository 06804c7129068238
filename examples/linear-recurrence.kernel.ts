import {
  arange,
  associativeScan,
  type Const,
  type Int,
  kernel,
  load,
  type Ptr,
  programId,
  range,
  store,
  sum,
  where,
} from "tilescript";

/**
 * hᵢ = aᵢ · hᵢ₋₁ + bᵢ by rows, the recurrence of state-space models. A step is a pair (a, b), and two steps in a row are one again; so a scan
 * does BLOCK of them at once, and the last state goes on to the next block.
 */
export const linearRecurrence = kernel(
  (p: { a: Ptr<"f32">; b: Ptr<"f32">; h: Ptr<"f32">; steps: Int; BLOCK: Const<"BLOCK"> }) => {
    const lane = arange(0, p.BLOCK);
    const start = programId(0) * p.steps;
    let state = 0.0;
    for (const first of range(0, p.steps, p.BLOCK)) {
      const at = start + first + lane;
      const mask = first + lane < p.steps;
      const [decay, added] = associativeScan(
        [load(p.a + at, { mask, other: 1 }), load(p.b + at, { mask, other: 0 })],
        0,
        ([a1, b1], [a2, b2]) => [a1 * a2, a2 * b1 + b2],
      );
      const states = decay * state + added;
      store(p.h + at, states, { mask });
      state = sum(where(lane === p.BLOCK - 1, states, 0));
    }
  },
  { builds: [{ constants: { BLOCK: 256 } }] },
);
