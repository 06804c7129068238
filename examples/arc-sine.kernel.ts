import { arange, asin, type Const, type Int, kernel, load, type Ptr, programId, store } from "tilescript";

/** out = asin(x): a function of CUDA's libdevice is called as any other. */
export const arcSine = kernel(
  (p: { x: Ptr<"f32">; out: Ptr<"f32">; n: Int; BLOCK: Const<"BLOCK"> }) => {
    const at = programId(0) * p.BLOCK + arange(0, p.BLOCK);
    const mask = at < p.n;
    store(p.out + at, asin(load(p.x + at, { mask })), { mask });
  },
  { builds: [{ constants: { BLOCK: 1024 } }] },
);
