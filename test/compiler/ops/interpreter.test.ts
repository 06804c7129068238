import { execa } from "execa";
import { beforeAll, expect, it } from "vitest";
import { emitTriton } from "../../../compiler/backends/triton/emit/index.js";
import { ensureEnvironment } from "../../../compiler/backends/triton/index.js";
import { type DType, isFloat8 } from "../../../compiler/ir/index.js";
import { elementCount, type TileValue } from "../../../compiler/ops/index.js";
import { inferTypes } from "../../../compiler/passes/index.js";
import { CASES, kernelOf, type OpCase } from "./cases.js";
import { expectedOf, operandsOf } from "./values.js";

/** Triton's interpreter knows no libdevice and no parts in bf16, computes bf16 on bit patterns, and rounds to 8 bits as nobody does. */
const runs = (one: OpCase, dtypes: readonly DType[]): boolean =>
  !dtypes.some((dtype) => dtype === "bf16" || isFloat8(dtype)) &&
  !one.title.includes("bf16x") &&
  !emitTriton(inferTypes(kernelOf(one).draft).kernel).text.includes("libdevice");

/** Rounding of the last steps: the interpreter computes f16 natively, numpy sums in another order. */
const TOLERANCE: Readonly<Partial<Record<DType, number>>> = { f16: 2e-3, f32: 1e-5, f64: 1e-12 };

const plain = (data: readonly number[]): (number | string)[] =>
  data.map((value) => (Number.isFinite(value) ? value : String(value)));

const wanted = CASES.map((one) => {
  const { draft, results } = kernelOf(one);
  const { kernel } = inferTypes(draft);
  return { one, kernel, results };
}).filter(({ one, results }) =>
  runs(
    one,
    [...one.operands, ...results].map(({ dtype }) => dtype),
  ),
);

let answers: readonly { readonly error?: string; readonly outputs?: readonly (readonly (number | string)[])[] }[];
beforeAll(async () => {
  const { python } = await ensureEnvironment({ extras: ["model", "test"] });
  const jobs = wanted.map(({ one, kernel, results }) => {
    const { text, entry } = emitTriton(kernel);
    const inputs = operandsOf(one).map(({ data }, index) => ({ dtype: one.operands[index]!.dtype, data: plain(data) }));
    const outputs = results.map(({ dtype, shape }) => ({ dtype, size: elementCount(shape as number[]) }));
    return { text, entry, inputs, outputs };
  });
  const script = new URL("interpreter.py", import.meta.url).pathname;
  const { stdout } = await execa(python, [script], { input: JSON.stringify(jobs), env: { PYTHONWARNINGS: "ignore" } });
  answers = JSON.parse(stdout);
}, 900_000);

function expectClose(got: readonly (number | string)[], { data }: TileValue, dtype: DType): void {
  expect(got).toHaveLength(data.length);
  const tolerance = TOLERANCE[dtype] ?? 0;
  const wrong = data.flatMap((want, at) => {
    const value = Number(got[at]);
    const close =
      Object.is(value, want) || value === want || Math.abs(value - want) <= tolerance * Math.max(1, Math.abs(want));
    return close ? [] : [{ at, got: value, want }];
  });
  expect(wrong).toEqual([]);
}

it.each(wanted.map((_, index) => [wanted[index]!.one.title, index] as const))(
  "%s: the generated Triton computes what the op means",
  (_title, index) => {
    const { one, kernel, results } = wanted[index]!;
    const { error, outputs } = answers[index]!;
    expect(error).toBeUndefined();
    const expected = expectedOf(one, kernel);
    results.forEach(({ dtype }, at) => {
      expectClose(outputs![at]!, expected[at]!, dtype);
    });
  },
);
