import { afterAll, beforeAll, expect, it } from "vitest";
import { DTYPES, type DType, type Expr } from "../../../../compiler/ir/index.js";
import { inferTypes } from "../../../../compiler/passes/index.js";
import { download, upload } from "../../../../runtime/device/arrays.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import { encode } from "../../../gpu/values.js";
import * as d from "../../ir/draft.js";

/* What doubles do not tell of u64: its upper half, and where a conversion rounds. */

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device.close());

const MOST = 2n ** 64n - 1n;
const HALF = 2n ** 63n;

type Elements = ArrayBufferView & Iterable<number | bigint>;

/** `of` the tile `x` and the scalar `n` of u64. */
async function compute(x: Elements, from: DType, of: Expr, to: DType, n = 0n): Promise<(number | bigint)[]> {
  const [length, at] = [[...x].length, d.arange(0, [...x].length)];
  const { kernel, diagnostics } = inferTypes(
    d.kernel(
      "k",
      [d.ptr("p", from), d.ptr("out", to), d.scalarParam("n", "u64")],
      [d.declare("x", d.load(d.add("p", at))), d.store(d.add("out", at), of)],
      { builds: [d.build()] },
    ),
  );
  expect(diagnostics).toEqual([]);
  const [given, out] = [await upload(device, x), await upload(device, new DTYPES[to].array(length))];
  device.loadKernels([kernel]).kernel("k").launch([1], { p: given, out, n });
  const result = await download(out, new DTYPES[to].array(length));
  for (const buffer of [given, out]) buffer.free();
  return [...(result as unknown as Iterable<number | bigint>)];
}

const WORDS = BigUint64Array.of(0n, 1n, HALF - 1n, HALF, HALF + 1n, MOST - 1n, MOST, 7n);
const words = [...WORDS];
const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);

it.each<[string, Expr, (x: bigint) => bigint]>([
  ["adds", d.add("x", "n"), (x) => wrap(x + 3n)],
  ["subtracts", d.sub("n", "x"), (x) => wrap(3n - x)],
  ["multiplies", d.mul("x", "x"), (x) => wrap(x * x)],
  ["divides", d.op("floorDiv", { a: "x", b: "n" }), (x) => x / 3n],
  ["rounds quotients up", d.op("cdiv", { a: "x", b: "n" }), (x) => (x + 2n) / 3n],
  ["gives remainders", d.op("mod", { a: "x", b: "n" }), (x) => x % 3n],
  ["shifts to the right", d.op("shiftRight", { a: "x", b: 63 }), (x) => x >> 63n],
  ["takes the greater", d.op("maximum", { a: "x", b: d.big(HALF) }), (x) => (x > HALF ? x : HALF)],
  ["takes the least of all", d.op("min", { x: d.op("maximum", { a: "x", b: d.big(HALF + 1n) }) }), () => HALF + 1n],
  ["takes the greatest of all", d.op("max", { x: "x" }), () => MOST],
  ["sums", d.op("sum", { x: "x" }), () => wrap(words.reduce((a, b) => a + b, 0n))],
  [
    "counts as i64 does, by bits",
    d.op("cast", { x: d.op("cast", { x: "x" }, { dtype: "i64" }) }, { dtype: "u64" }),
    (x) => x,
  ],
])("%s in all 64 bits", async (_what, of, expected) => {
  expect(await compute(WORDS, "u64", of, "u64", 3n)).toEqual(words.map(expected));
});

it("sorts and finds the greatest", async () => {
  expect(await compute(WORDS, "u64", d.op("sort", { x: "x" }), "u64")).toEqual(
    [...words].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
  );
  expect((await compute(WORDS, "u64", d.op("argmax", { x: "x" }), "i32"))[0]).toBe(6);
});

it("takes what a launch gives", async () => {
  expect(await compute(BigUint64Array.of(0n), "u64", d.add("x", "n"), "u64", MOST)).toEqual([MOST]);
});

it("becomes a float with one rounding", async () => {
  // Between two f32, and above their middle by less than f64 tells.
  const given = BigUint64Array.of(MOST, HALF + 2n ** 39n + 1n, HALF + 2n ** 39n, 3n);
  const cast = (dtype: DType) => d.op("cast", { x: "x" }, { dtype });
  expect(await compute(given, "u64", cast("f32"), "f32")).toEqual([2 ** 64, 2 ** 63 + 2 ** 40, 2 ** 63, 3]);
  expect(await compute(given, "u64", cast("f64"), "f64")).toEqual([2 ** 64, 2 ** 63 + 2 ** 39, 2 ** 63 + 2 ** 39, 3]);
});

it.each(["f32", "f64"] as const)("is made of an %s without its fraction", async (dtype) => {
  const given = encode(dtype, [2 ** 63, 2 ** 63 + 2 ** 41, 1.9, 0, 0.5, 2 ** 40 + 2 ** 20, 255, 256]);
  expect(await compute(given as Elements, dtype, d.op("cast", { x: "x" }, { dtype: "u64" }), "u64")).toEqual([
    2n ** 63n,
    2n ** 63n + 2n ** 41n,
    1n,
    0n,
    0n,
    2n ** 40n + 2n ** 20n,
    255n,
    256n,
  ]);
});

it("updates memory by whole words", async () => {
  const old = d.op("atomicMax", {
    ptr: d.add("p", d.arange(0, 8)),
    value: d.op("full", { value: d.big(HALF) }, { shape: [8], dtype: "u64" }),
  });
  expect(await compute(WORDS, "u64", old, "u64")).toEqual(words);
});

it("wraps u16 and compares it without a sign", async () => {
  const given = Uint16Array.of(0, 1, 32767, 32768, 65535, 40000, 2, 3);
  const all = [...given];
  expect(await compute(given, "u16", d.mul("x", "x"), "u16")).toEqual(all.map((x) => Math.imul(x, x) & 0xffff));
  expect(await compute(given, "u16", d.op("max", { x: "x" }), "u16")).toEqual(all.map(() => 65535));
  expect(await compute(given, "u16", d.op("sum", { x: "x" }), "u32")).toEqual(
    all.map(() => all.reduce((a, b) => a + b)),
  );
  expect(await compute(given, "u16", d.op("shiftRight", { a: "x", b: 15 }), "u16")).toEqual(all.map((x) => x >> 15));
  expect(await compute(given, "u16", d.op("cast", { x: "x" }, { dtype: "i16" }), "i16")).toEqual(
    all.map((x) => (x << 16) >> 16),
  );
  expect(await compute(given, "u16", d.op("cast", { x: "x" }, { dtype: "f32" }), "f32")).toEqual(all);
});
