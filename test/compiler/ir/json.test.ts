import { expect, test } from "vitest";
import { type Kernel, kernelFromJson, kernelToJson, type Span, scalar } from "../../../compiler/ir/index.js";

const span: Span = { file: "a.kernel.ts", line: 1, column: 1, endLine: 1, endColumn: 2 };

test("a kernel survives its JSON, with the numbers that JSON has no words for", () => {
  const values = [
    2n ** 63n - 1n,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
    -0,
    0.1,
    true,
    "text",
  ];
  const body = values.map(
    (value) => ({ kind: "effect", value: { kind: "literal", value, type: scalar("f32"), span }, span }) as const,
  );
  const kernel: Kernel = {
    name: "k",
    file: "a.kernel.ts",
    doc: "",
    span,
    params: [],
    dtypes: {},
    body,
    functions: [],
    builds: [],
  };
  expect(kernelFromJson(kernelToJson(kernel))).toEqual(kernel);
});
