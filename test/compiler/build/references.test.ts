import { expect, test } from "vitest";
import { references, typeDeclarations } from "../../../compiler/build/references.js";
import { dimMul, dimName, type Param } from "../../../compiler/ir/index.js";
import { constant, descriptor, kernel, pointer, scalar } from "./kernels.js";

const block = [dimName("BM"), dimMul(2, dimName("BM")), 64];
const bindings = (["bf16", "f32"] as const).map((T) =>
  kernel({
    name: "norm",
    doc: "Two lines\nof it.",
    dtypes: { T },
    params: [
      pointer("x", T),
      pointer("out"),
      descriptor("d", block),
      scalar("n", "i32"),
      { ...scalar("causal", "bool"), optional: true } as Param,
      constant("BM"),
    ],
  }),
);

test("a bundle's declarations type a launch: every dtype that is built, descriptors by their block, constants by name", () => {
  expect(
    typeDeclarations([bindings]),
  ).toBe(`import type { Bool, Const, Descriptor, Kernel, Ptr, Scalar } from "tilescript";

/** Two lines
 * of it. */
export declare const norm: Kernel<{
  x: Ptr<"bf16" | "f32">;
  out: Ptr<"f32">;
  d: Descriptor<"bf16", [Const<"BM">, number, 64]>;
  n: Scalar<"i32">;
  causal?: Bool;
  BM: Const<"BM">;
}>;
`);
});

test("its references name the kernel and the folder, wherever that is", () => {
  expect(references([bindings])).toBe(`const bundle = new URL("./", import.meta.url).href;

export const norm = Object.freeze({ kind: "kernel", name: "norm", bundle });
`);
});
