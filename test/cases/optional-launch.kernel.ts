/** What test/runtime/device/optional.test.ts launches. */
import {
  arange,
  type Descriptor,
  type Int,
  kernel,
  load,
  loadTensorDescriptor,
  type Ptr,
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
