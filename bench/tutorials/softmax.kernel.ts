import { type Const, type Int, kernel, type Ptr } from "tilescript";

const ALIGNED = { divisible: ["x", "out", "columns"], one: [] } as const;

/** What `softmax` of triton/rows.py takes: its programs go through many rows, the example's have one each. The body is there. */
export const softmax = kernel(
  (_: {
    x: Ptr<"f32">;
    out: Ptr<"f32">;
    rows: Int;
    columns: Int;
    BLOCK: Const<"BLOCK">;
    STAGES: Const<"STAGES">;
  }) => {},
  { builds: [{ constants: { BLOCK: 4096, STAGES: 4 }, warps: 8, specialize: [ALIGNED] }] },
);
