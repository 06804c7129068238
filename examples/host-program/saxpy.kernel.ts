import { arange, type Const, type F32, type Int, kernel, load, type Ptr, programId, store } from "tilescript";

/** y = factor · x + y, in place. */
export const saxpy = kernel(
  ({ x, y, factor, n, BLOCK }: { x: Ptr<"f32">; y: Ptr<"f32">; factor: F32; n: Int; BLOCK: Const<"BLOCK"> }) => {
    const at = programId(0) * BLOCK + arange(0, BLOCK);
    const mask = at < n;
    store(y + at, load(x + at, { mask }) * factor + load(y + at, { mask }), { mask });
  },
  { builds: [{ constants: { BLOCK: 256 } }, { constants: { BLOCK: 1024 } }] },
);
