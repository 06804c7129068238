import { arange, type Const, type Int, kernel, load, type Ptr, programId, store } from "tilescript";

/** out = a + b, for vectors of any length n: each program adds BLOCK elements, the last one masks what is past the end. */
export const vectorAdd = kernel(
  (p: { a: Ptr<"f32">; b: Ptr<"f32">; out: Ptr<"f32">; n: Int; BLOCK: Const<"BLOCK"> }) => {
    const at = programId(0) * p.BLOCK + arange(0, p.BLOCK);
    const mask = at < p.n;
    store(p.out + at, load(p.a + at, { mask }) + load(p.b + at, { mask }), { mask });
  },
  { builds: [{ constants: { BLOCK: 1024 } }] },
);
