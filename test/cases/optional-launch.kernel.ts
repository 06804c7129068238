/** What test/runtime/device/optional.test.ts launches. */
import {
  arange,
  type Const,
  type Descriptor,
  type Int,
  kernel,
  load,
  loadTensorDescriptor,
  type Ptr,
  programId,
  store,
  sum,
} from "tilescript";

/** x += bias + n + the sum of a block, as far as they are given. */
export const increase = kernel(
  (p: { x: Ptr<"f32">; bias?: Ptr<"f32">; block?: Descriptor<"f32", [16, 16]>; n?: Int }) => {
    const at = arange(0, 16);
    let x = load(p.x + at) + (p.n ?? 0);
    if (p.bias) x += load(p.bias + at);
    if (p.block) x += sum(loadTensorDescriptor(p.block, [0, 0]), 0);
    store(p.x + at, x);
  },
);

/** x += 1 + bias, as far as it is given, in tiles whose size is left to tuning. */
export const tiled = kernel(
  (p: { x: Ptr<"f32">; bias?: Ptr<"f32">; n: Int; B: Const<"B"> }) => {
    const at = programId(0) * p.B + arange(0, p.B);
    const mask = at < p.n;
    let x = load(p.x + at, { mask, other: 0 }) + 1;
    if (p.bias) x += load(p.bias + at, { mask, other: 0 });
    store(p.x + at, x, { mask });
  },
  { tune: ["B"], builds: [{ constants: { B: 16 } }, { constants: { B: 64 }, warps: 8 }] },
);
