import { describe, expect, it } from "vitest";
import { emitTriton, signatureOf } from "../../../compiler/backends/triton/emit/index.js";
import { dimName, NO_PROMISES } from "../../../compiler/ir/index.js";
import { inferTypes } from "../../../compiler/passes/index.js";
import * as d from "../ir/draft.js";

const params = [
  d.ptr("x", "bf16"),
  d.ptr("seen", "bool"),
  d.descriptorParam("in", "f16", [dimName("B"), 64]),
  d.scalarParam("n", "i64"),
  d.scalarParam("scale", "f32"),
  d.constParam("B"),
  d.constParam("EPSILON", "float"),
  d.constParam("CAUSAL", "bool"),
  d.constParam("MODE", "string"),
];
const { kernel } = inferTypes(d.kernel("k", params, []));
const emitted = emitTriton(kernel);
const build = d.build(
  { B: 32, EPSILON: 1, CAUSAL: true, MODE: "exp" },
  { warps: 8, stages: 2, pdl: true, maxRegisters: 128, fpFusion: false },
);

describe("what Triton is told besides the text", () => {
  it("names types in its spelling, and parameters as Python has them", () => {
    expect(signatureOf(kernel, build, NO_PROMISES, emitted).signature).toEqual({
      x: "*bf16",
      seen: "*i1",
      in_: "tensordesc<fp16[32, 64]>",
      n: "i64",
      scale: "fp32",
      B: "constexpr",
      EPSILON: "constexpr",
      CAUSAL: "constexpr",
      MODE: "constexpr",
    });
  });

  it("keeps floats floats", () => {
    expect(signatureOf(kernel, build, NO_PROMISES, emitted).constants).toEqual({
      B: 32,
      EPSILON: { float: 1 },
      CAUSAL: true,
      MODE: "exp",
    });
    const infinite = { ...build, constants: { ...build.constants, EPSILON: -Infinity } };
    expect(signatureOf(kernel, infinite, NO_PROMISES, emitted).constants.EPSILON).toEqual({ float: "-inf" });
  });

  it("takes as divisible what the variant says, but for descriptors, which always are", () => {
    expect(signatureOf(kernel, build, { divisible: ["x", "n", "in"], one: [] }, emitted).divisible).toEqual(["x", "n"]);
    expect(signatureOf(kernel, build, NO_PROMISES, emitted).divisible).toEqual([]);
  });

  it("takes as 1 what the variant says", () => {
    expect(signatureOf(kernel, build, { divisible: ["x"], one: ["n"] }, emitted)).toMatchObject({
      signature: { n: "i64" },
      divisible: ["x"],
      one: ["n"],
    });
  });

  it("passes every option, so that no default of Triton's decides", () => {
    expect(signatureOf(kernel, build, NO_PROMISES, emitted).options).toEqual({
      num_warps: 8,
      num_stages: 2,
      num_ctas: 1,
      enable_fp_fusion: false,
      launch_pdl: true,
      maxnreg: 128,
    });
  });
});
