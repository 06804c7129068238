import { arange, asin, type Const, type Int, kernel, load, type Ptr, programId, store } from "tilescript";

/** out = asin(x): a function of CUDA's libdevice is called as any other. */
export const arcSine = kernel(
  ({ x, out, n, BLOCK }: { x: Ptr<"f32">; out: Ptr<"f32">; n: Int; BLOCK: Const<"BLOCK"> }) => {
    const at = programId(0) * BLOCK + arange(0, BLOCK);
    const mask = at < n;
    store(out + at, asin(load(x + at, { mask })), { mask });
  },
  { builds: [{ constants: { BLOCK: 1024 } }] },
);
