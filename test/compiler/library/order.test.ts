import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createFrontend } from "../../../compiler/frontend/index.js";
import type { Build, DType } from "../../../compiler/ir/index.js";
import { inferTypes } from "../../../compiler/passes/index.js";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { encode } from "../../gpu/values.js";
import { interpret } from "../../reference/triton-interpreter.js";
import { decode, run } from "../backends/wasm/run.js";

const { drafts } = createFrontend().lower(["library.kernel.ts"], {
  root: fileURLToPath(new URL("../../cases", import.meta.url)),
});

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device?.close());

interface Tensor {
  readonly dtype: DType;
  readonly data: readonly number[];
}
type Tensors = Readonly<Record<string, Tensor>>;

/** What lies in memory afterwards, by the CPU executor and by Triton's interpreter. */
async function both(name: string, dtype: DType, tensors: Tensors, constants: Build["constants"]) {
  const draft = drafts.find((one) => one.name === name && (one.dtypes.T ?? dtype) === dtype)!;
  const ours = await run(device, draft, { ...tensors, ...constants });
  const memory = Object.fromEntries(
    Object.entries(tensors).map(([key, one]) => [key, encode(one.dtype, one.data) as NodeJS.ArrayBufferView]),
  );
  await interpret(inferTypes(draft).kernel, { constants, dtypes: {} } as Partial<Build> as Build, memory, [1]);
  const theirs = Object.entries(tensors).map(([key, one]) => {
    const { buffer, byteOffset, byteLength } = memory[key]!;
    return [key, decode(one.dtype, new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength))];
  });
  return [ours, Object.fromEntries(theirs) as typeof ours];
}

const zeros = (dtype: DType, count: number): Tensor => ({ dtype, data: new Array<number>(count).fill(0) });
const lines = <T>(data: readonly T[], size: number): T[][] =>
  Array.from({ length: data.length / size }, (_, at) => data.slice(at * size, (at + 1) * size));

const FLOATS = Array.from({ length: 128 }, (_, at) =>
  at % 9 === 0 ? Number.NaN : at % 13 === 0 ? -Infinity : at % 7 === 0 ? -0 : ((at * 37) % 16) - 8,
);
/** Some of them beyond the integers with a sign. */
const WORDS = Array.from({ length: 128 }, (_, at) => ((at * 29) % 8) * 2 ** 61 + ((at * 5) % 3) * 2 ** 20);

it.each([
  ["f32", true, FLOATS],
  ["f32", false, FLOATS],
  ["f16", false, FLOATS],
  ["u64", true, WORDS],
  ["u64", false, WORDS],
] as const)("%s in order, downwards: %s", { timeout: 120_000 }, async (dtype, down, data) => {
  const above = (a: number, b: number): boolean => a > b || (Number.isNaN(a) && !Number.isNaN(b));
  const order = (line: readonly number[]) => (i: number, j: number) =>
    (down ? -1 : 1) * (Number(above(line[i]!, line[j]!)) - Number(above(line[j]!, line[i]!)));
  const places = lines(data, 32).map((line) => [...line.keys()].sort(order(line)));
  const sorted = places.flatMap((line, row) => line.map((place) => data[row * 32 + place]!));
  const tensors = { x: { dtype, data }, values: zeros(dtype, 128), places: zeros("i32", 256) };
  for (const { values, places: from } of await both("orders", dtype, tensors, { DOWN: down })) {
    expect(values).toEqual(sorted);
    expect(from).toEqual([...places.flat(), ...data.keys()]);
  }
});

it("the greatest and the least so far", { timeout: 120_000 }, async () => {
  const data = Array.from({ length: 32 }, (_, at) => (at % 11 === 4 ? Number.NaN : ((at * 13) % 17) - 8));
  const known = (values: readonly number[]): number[] => values.filter((value) => !Number.isNaN(value));
  const best = (pick: (...values: number[]) => number, values: readonly number[]): number =>
    known(values).length === 0 ? Number.NaN : pick(...known(values));
  const rows = lines(data, 8);
  const columns = rows[0]!.map((_, at) => rows.map((line) => line[at]!));
  const flat = (of: number[][]): number[] => rows.flatMap((line, i) => line.map((_, j) => of[j]![i]!));
  const want = [
    ...rows.flatMap((line) => line.map((_, at) => best(Math.max, line.slice(0, at + 1)))),
    ...flat(columns.map((line) => line.map((_, at) => best(Math.min, line.slice(0, at + 1))))),
    ...flat(columns.map((line) => line.map((_, at) => best(Math.max, line.slice(at))))),
    ...rows.flatMap((line) => line.map((_, at) => best(Math.min, line.slice(at)))),
  ];
  for (const { out } of await both("peaks", "f32", { x: { dtype: "f32", data }, out: zeros("f32", 128) }, {}))
    expect(out).toEqual(want);
});
