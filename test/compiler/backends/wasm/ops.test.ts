import { afterAll, beforeAll, expect, it } from "vitest";
import type { DType } from "../../../../compiler/ir/index.js";
import { elementCount, roundTo, type TileValue } from "../../../../compiler/ops/index.js";
import { inferTypes } from "../../../../compiler/passes/index.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import { CASES, kernelOf, type OpCase } from "../../ops/cases.js";
import { expectedOf, operandsOf } from "../../ops/values.js";
import { run, type Tensor } from "./run.js";

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device.close());

/** f32 polynomials, and sums in another order; narrower floats may round a tie the other way, which is one step of theirs. */
const TOLERANCE: Readonly<Partial<Record<DType, number>>> = { f16: 1e-3, bf16: 8e-3, f32: 3e-6, f64: 1e-12 };

function expectClose(got: readonly number[], { data }: TileValue, dtype: DType): void {
  expect(got).toHaveLength(data.length);
  const tolerance = TOLERANCE[dtype] ?? 0;
  const wrong = data.flatMap((want, at) => {
    const value = got[at]!;
    const close =
      Object.is(value, want) || value === want || Math.abs(value - want) <= tolerance * Math.max(1, Math.abs(want));
    return close ? [] : [{ at, got: value, want }];
  });
  expect(wrong).toEqual([]);
}

async function expectMeaning(one: OpCase, given = operandsOf(one)): Promise<void> {
  const { draft, results } = kernelOf(one);
  const operands = given.map(({ data }, index): Tensor => ({ dtype: one.operands[index]!.dtype, data }));
  const outputs = results.map(
    ({ dtype, shape }): Tensor => ({ dtype, data: new Array<number>(elementCount(shape as number[])).fill(0) }),
  );
  const names = draft.params.map((param) => param.name);
  const args = Object.fromEntries([...operands, ...outputs].map((tensor, index) => [names[index]!, tensor]));
  const after = await run(device, draft, args);
  const expected = expectedOf(one, inferTypes(draft).kernel, given);
  results.forEach(({ dtype }, at) => {
    expectClose(after[`out${at}`]!, expected[at]!, dtype);
  });
}

it.each(CASES.map((one) => [one.title, one] as const))("%s: compiled code computes what the op means", (_title, one) =>
  expectMeaning(one),
);

/** Floats that some integer or other does not hold. */
const BEYOND = [
  NaN,
  Infinity,
  -Infinity,
  3e9,
  -3e9,
  1e30,
  -1e30,
  70000.9,
  -1.5,
  300.5,
  -0.5,
  2 ** 31,
  2 ** 63,
  255,
  7.9,
  0,
];

it.each(CASES.filter(({ title }) => /^cast \w*f\d+ [iu]\d+$/.test(title)).map((one) => [one.title, one] as const))(
  "%s: also of what an integer does not hold",
  (_title, one) => {
    const [{ dtype, shape }] = one.operands as [(typeof one.operands)[number]];
    const data = Array.from({ length: elementCount(shape as number[]) }, (_, at) => roundTo(dtype, BEYOND[at % 16]!));
    return expectMeaning(one, [{ shape: shape as number[], data }]);
  },
);
