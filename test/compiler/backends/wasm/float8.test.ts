import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DTYPES, type DType, type Expr, floatBits, floatValue } from "../../../../compiler/ir/index.js";
import { inferTypes } from "../../../../compiler/passes/index.js";
import { download, fromBits, toBits, upload } from "../../../../runtime/device/arrays.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import { asNumbers, encode } from "../../../gpu/values.js";
import { interpret } from "../../../reference/triton-interpreter.js";
import * as d from "../../ir/draft.js";

/* Every byte and every half, against tables that are written out by the formats' definition (OCP 8-bit floating point, revision 1.0, table 1). */

/** What the bytes from 0 to 127 of E4M3 stand for: 0, 1/8 … 7/8 of 2⁻⁶, then eight steps in each power of two up to 448; the last is NaN. */
const E4M3 = [0, 1, 2, 3, 4, 5, 6, 7].map((step) => step * 2 ** -9);
for (let power = -6; power <= 8; power++)
  for (let eighth = 0; eighth < 8; eighth++) E4M3.push((1 + eighth / 8) * 2 ** power);
E4M3[127] = Number.NaN;
/** Of E5M2: four steps in each power of two up to 57344, infinity, and three NaN. */
const E5M2 = [0, 1, 2, 3].map((step) => step * 2 ** -16);
for (let power = -14; power <= 15; power++)
  for (let quarter = 0; quarter < 4; quarter++) E5M2.push((1 + quarter / 4) * 2 ** power);
E5M2.push(Infinity, Number.NaN, Number.NaN, Number.NaN);

const FORMATS = { f8e4m3: E4M3, f8e5m2: E5M2 } as const;
type Float8 = keyof typeof FORMATS;
const DTYPES8 = Object.keys(FORMATS) as Float8[];

const valuesOf = (dtype: Float8): number[] => [...FORMATS[dtype], ...FORMATS[dtype].map((value) => -value)];
const BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** The byte that a number becomes: the nearest one, of two the even one; the greatest for all above. */
function nearest(dtype: Float8, value: number): number {
  if (Number.isNaN(value)) return 0x7f;
  const numbers = FORMATS[dtype].filter(Number.isFinite);
  const size = Math.min(Math.abs(value), numbers.at(-1)!);
  let best = 0;
  numbers.forEach((one, byte) => {
    const [now, before] = [Math.abs(one - size), Math.abs(numbers[best]! - size)];
    if (now < before || (now === before && byte % 2 === 0)) best = byte;
  });
  return best | (value < 0 || Object.is(value, -0) ? 0x80 : 0);
}

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device.close());

const kernelOf = (size: number, from: DType, of: Expr, to: DType) => {
  const at = d.arange(0, size);
  const body = [d.declare("x", d.load(d.add("p", at))), d.store(d.add("out", at), of)];
  const params = [d.ptr("p", from), d.ptr("out", to)];
  const { kernel, diagnostics } = inferTypes(d.kernel("k", params, body, { builds: [d.build()] }));
  expect(diagnostics).toEqual([]);
  return kernel;
};

/** The bytes that `of` the tile `x` leaves on the CPU executor. */
async function compute(x: ArrayBufferView, from: DType, of: Expr, to: DType): Promise<ArrayBufferView> {
  const size = x.byteLength / DTYPES[from].bytes;
  const kernel = kernelOf(size, from, of, to);
  const [given, out] = [await upload(device, x), await upload(device, new DTYPES[to].array(size))];
  device.loadKernels([kernel]).kernel("k").launch([1], { p: given, out });
  const result = await download(out, new DTYPES[to].array(size));
  for (const buffer of [given, out]) buffer.free();
  return result;
}

const cast = (dtype: DType, more: Record<string, string> = {}) => d.op("cast", { x: "x" }, { dtype, ...more });

/** All halves as numbers, and in f32 what lies beside and in the middle of neighbours. */
const HALVES = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
function around(dtype: Float8): Float32Array {
  const table = FORMATS[dtype].filter(Number.isFinite);
  const middles = table.flatMap((value, at) => {
    const middle = (value + (table[at + 1] ?? value * 1.25)) / 2;
    return [value, middle, middle * (1 + 2 ** -20), middle * (1 - 2 ** -20)];
  });
  const all = [...middles, 1e-30, 2 ** -140, 1e10, 3.4e38, Infinity, Number.NaN];
  const both = [...all, ...all.map((value) => -value)];
  return Float32Array.from({ length: 2048 }, (_, at) => both[at % both.length]!);
}

describe.each(DTYPES8)("%s", (dtype) => {
  it("is at the host what the format says", () => {
    expect([...fromBits(dtype, BYTES)]).toEqual(valuesOf(dtype));
    valuesOf(dtype).forEach((value, byte) => {
      expect(floatValue(dtype, byte)).toBe(value);
      if (!Number.isNaN(value)) expect(floatBits(dtype, value)).toBe(byte);
    });
    expect([
      ...toBits(
        dtype,
        around(dtype).filter((one) => Math.abs(one) !== Infinity),
      ),
    ]).toEqual([...around(dtype)].filter((one) => Math.abs(one) !== Infinity).map((value) => nearest(dtype, value)));
  });

  it.each(["f32", "f16", "bf16"] as const)("becomes %s exactly, all 256 of it", async (to) => {
    expect([...asNumbers(to, await compute(BYTES, dtype, cast(to), to))]).toEqual(valuesOf(dtype));
  });

  it("is moved bit for bit", async () => {
    expect(await compute(BYTES, dtype, d.expr("x"), dtype)).toEqual(BYTES);
    expect(await compute(BYTES, dtype, d.op("bitcast", { x: "x" }, { dtype: "u8" }), "u8")).toEqual(BYTES);
  });

  it("takes the nearest of all halves, and the greatest for what is beyond", async () => {
    for (const from of ["f16", "bf16"] as const) {
      const expected = Uint8Array.from(fromBits(from, HALVES), (value) => nearest(dtype, value));
      for (let start = 0; start < HALVES.length; start += 8192) {
        const part = HALVES.slice(start, start + 8192);
        expect(await compute(part, from, cast(dtype), dtype)).toEqual(expected.slice(start, start + 8192));
      }
    }
  });

  it("takes the nearest of f32, ties to even", async () => {
    const given = around(dtype);
    const expected = Uint8Array.from(given, (value) => nearest(dtype, value));
    expect(await compute(given, "f32", cast(dtype), dtype)).toEqual(expected);
    // What is stored is converted by itself.
    expect(await compute(given, "f32", d.expr("x"), dtype)).toEqual(expected);
  });

  it("does in Triton's interpreter what it does here", async () => {
    const given = around(dtype);
    const theirs = new Uint8Array(given.length);
    const kernel = kernelOf(given.length, "f32", cast(dtype), dtype);
    await interpret(kernel, kernel.builds[0]!, { p: given, out: theirs }, [1]);
    expect(await compute(given, "f32", cast(dtype), dtype)).toEqual(theirs);
  });
});

it("goes toward zero where that is asked for, and no number becomes infinite", async () => {
  const given = around("f8e5m2");
  const toZero = cast("f8e5m2", { rounding: "rtz" });
  const bytes = Uint8Array.from(given, (value) => {
    if (Number.isNaN(value)) return 0x7f;
    const byte = E5M2.findLastIndex((one) => one <= Math.abs(value));
    return byte | (value < 0 || Object.is(value, -0) ? 0x80 : 0);
  });
  expect(await compute(given, "f32", toZero, "f8e5m2")).toEqual(bytes);
  for (const dtype of ["f16", "bf16"] as const) {
    const got = asNumbers(dtype, await compute(given, "f32", cast(dtype, { rounding: "rtz" }), dtype));
    given.forEach((value, at) => {
      const near = asNumbers(dtype, encode(dtype, [value]))[0]!;
      const bits = encode(dtype, [near]) as Uint16Array;
      const below = Math.abs(near) > Math.abs(value) ? asNumbers(dtype, Uint16Array.of(bits[0]! - 1))[0]! : near;
      expect(got[at]).toBe(below);
    });
  }
});
