import { expect, test } from "vitest";
import { encodeModule } from "../../../../../compiler/backends/wasm/encode/encode.js";
import { FunctionBuilder } from "../../../../../compiler/backends/wasm/encode/function.js";
import * as wasm from "../../../../../compiler/backends/wasm/encode/instructions.js";
import {
  br,
  br_if,
  call,
  drop,
  f32,
  f32x4,
  f64,
  f64x2,
  global,
  type Instruction,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64,
  i64x2,
  local,
  memory,
  returning,
  select,
  v128,
} from "../../../../../compiler/backends/wasm/encode/instructions.js";
import { ModuleBuilder } from "../../../../../compiler/backends/wasm/encode/module.js";
import type { WasmType } from "../../../../../compiler/backends/wasm/encode/representation.js";

/*
 * Every instruction of the tables runs once in a module of its own, which WebAssembly validates; what it gives is held against JavaScript.
 */

declare global {
  namespace WebAssembly {
    function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
    class Instance {
      constructor(module: Module, imports: object);
      readonly exports: Readonly<Record<string, () => void>>;
    }
  }
}

const RESULT = 64;
const STORE = { i32, i64, f32, f64, v128 };

/** The bytes that a program leaves at `RESULT`; memory holds 0, 1, 2 … before it. */
function leaves(build: (fb: FunctionBuilder, module: ModuleBuilder) => void): DataView {
  const module = new ModuleBuilder(false);
  const fb = new FunctionBuilder(module, "run", [], null);
  build(fb, module);
  fb.finish();
  const parts = module.finish(["first", "second"], ["run"]);
  const bytes = encodeModule(parts, { name: "section", contents: Uint8Array.of(1, 2, 3) });
  expect(WebAssembly.validate(bytes)).toBe(true);
  const shared = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const all = new Uint8Array(shared.buffer);
  for (let at = 0; at < RESULT; at++) all[at] = at;
  let ticks = 0;
  const env = { memory: shared, twice: (x: number) => 2 * x, tick: () => ++ticks };
  new WebAssembly.Instance(new WebAssembly.Module(bytes), { env }).exports.run!();
  return new DataView(all.slice(RESULT, RESULT + 16).buffer);
}

type Read = (view: DataView) => unknown;
const lanes =
  (count: number, read: (view: DataView, at: number) => number | bigint): Read =>
  (view) =>
    Array.from({ length: count }, (_, lane) => read(view, (lane * 16) / count));
const READ: Readonly<Record<string, Read>> = {
  i32: (view) => view.getInt32(0, true),
  i64: (view) => view.getBigInt64(0, true),
  f32: (view) => view.getFloat32(0, true),
  f64: (view) => view.getFloat64(0, true),
  i32x4: lanes(4, (view, at) => view.getInt32(at, true)),
  f32x4: lanes(4, (view, at) => view.getFloat32(at, true)),
  i16x8: lanes(8, (view, at) => view.getInt16(at, true)),
  i64x2: lanes(2, (view, at) => view.getBigInt64(at, true)),
  f64x2: lanes(2, (view, at) => view.getFloat64(at, true)),
  i8x16: lanes(16, (view, at) => view.getUint8(at)),
};

const typeOf = (shape: string): WasmType => (shape in STORE ? shape : "v128") as WasmType;

/** What an instruction gives, read as numbers of a type. */
const gives = (shape: string, value: Instruction): unknown =>
  READ[shape]!(leaves((fb) => fb.push(STORE[typeOf(shape)].store(RESULT, i32.const(0), value))));

/** What memory holds after some that give nothing. */
const does = (shape: string, ...all: readonly Instruction[]): unknown =>
  READ[shape]!(
    leaves((fb) => {
      for (const one of all) fb.push(one);
    }),
  );

const vectorOf = (array: { readonly buffer: ArrayBufferLike }): Instruction => v128.const(new Uint8Array(array.buffer));
const ints = (...values: readonly number[]): Instruction => vectorOf(Int32Array.from(values));
const floats = (...values: readonly number[]): Instruction => vectorOf(Float32Array.from(values));
const doubles = (...values: readonly number[]): Instruction => vectorOf(Float64Array.from(values));
const halves = (...values: readonly number[]): Instruction => vectorOf(Int16Array.from(values));

type Case = readonly [shape: string, value: Instruction | (() => unknown), expected: unknown];
const CASES = new Map<string, Case>();
const add = (name: string, shape: string, value: Instruction | (() => unknown), expected: unknown): void => {
  CASES.set(name, [shape, value, expected]);
};

const uns = (bits: number, x: bigint): bigint => BigInt.asUintN(bits, x);
const ORDER: Readonly<Record<string, (a: bigint, b: bigint, bits: number) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt_s: (a, b) => a < b,
  lt_u: (a, b, bits) => uns(bits, a) < uns(bits, b),
  gt_s: (a, b) => a > b,
  gt_u: (a, b, bits) => uns(bits, a) > uns(bits, b),
  le_s: (a, b) => a <= b,
  le_u: (a, b, bits) => uns(bits, a) <= uns(bits, b),
  ge_s: (a, b) => a >= b,
  ge_u: (a, b, bits) => uns(bits, a) >= uns(bits, b),
};
const ARITHMETIC: Readonly<Record<string, (a: bigint, b: bigint, bits: number) => bigint>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div_s: (a, b) => a / b,
  div_u: (a, b, bits) => uns(bits, a) / uns(bits, b),
  rem_s: (a, b) => a % b,
  rem_u: (a, b, bits) => uns(bits, a) % uns(bits, b),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => a << b,
  shr_s: (a, b) => a >> b,
  shr_u: (a, b, bits) => uns(bits, a) >> b,
};
const FLOAT_ORDER: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
  le: (a, b) => a <= b,
  ge: (a, b) => a >= b,
};
const nearest = (x: number): number => (x % 1 === 0.5 || x % 1 === -0.5 ? 2 * Math.round(x / 2) : Math.round(x));
const ROUNDING: Readonly<Record<string, (x: number) => number>> = {
  abs: Math.abs,
  neg: (x) => -x,
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  nearest,
};
const FLOATING: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
};
type Table = Readonly<Record<string, (...operands: Instruction[]) => Instruction>>;
const of = (table: object, name: string): Table[string] => (table as Table)[name]!;

// Numbers of one size, and of each sign.
for (const [name, table, bits, constant, back] of [
  ["i32", i32, 32, (x: bigint) => i32.const(Number(BigInt.asIntN(32, x))), (x: bigint) => Number(BigInt.asIntN(32, x))],
  ["i64", i64, 64, i64.const, (x: bigint) => BigInt.asIntN(64, x)],
] as const) {
  const [a, b] = [-1000000007n, 3n];
  for (const [op, meaning] of Object.entries(ORDER))
    add(`${name}.${op}`, "i32", of(table, op)(constant(a), constant(b)), Number(meaning(a, b, bits)));
  for (const [op, meaning] of Object.entries(ARITHMETIC))
    add(`${name}.${op}`, name, of(table, op)(constant(a), constant(b)), back(meaning(a, b, bits)));
  add(`${name}.eqz`, "i32", table.eqz(constant(0n)), 1);
  const far = 0x1234567890abcdefn;
  add(`${name}.const`, name, constant(far), back(far));
  add(`${name}.load`, name, table.load(8, i32.const(0)), back(0x0f0e0d0c0b0a0908n));
  add(`${name}.store`, name, () => does(name, table.store(RESULT, i32.const(0), constant(a))), back(a));
  const sat: readonly [string, Instruction, bigint][] = [
    ["trunc_sat_f32_s", f32.const(-1e30), -(2n ** BigInt(bits - 1))],
    ["trunc_sat_f32_u", f32.const(1e30), -1n],
    ["trunc_sat_f64_s", f64.const(-1234.9), -1234n],
    ["trunc_sat_f64_u", f64.const(-3), 0n],
  ];
  for (const [op, x, expected] of sat) add(`${name}.${op}`, name, of(table, op)(x), back(expected));
  const start = back(0x0706050403020100n);
  const atomic = `${name}.atomic`;
  add(`${atomic}.load`, name, table.atomic.load(8, i32.const(0)), back(0x0f0e0d0c0b0a0908n));
  add(`${atomic}.store`, name, () => does(name, table.atomic.store(RESULT, i32.const(0), constant(a))), back(a));
  const forms = Object.entries(table.atomic).filter(([form]) => form.startsWith("rmw"));
  for (const [form, exchanges] of forms) {
    const width = form === "rmw" ? bits : form === "rmw8_u" ? 8 : 16;
    const before = form === "rmw" ? BigInt(start) : uns(width, BigInt(start));
    const given = 0x55n;
    const changed: Readonly<Record<string, bigint>> = {
      add: before + given,
      sub: before - given,
      and: before & given,
      or: before | given,
      xor: before ^ given,
      xchg: given,
    };
    // What was there, and what is there then; the rest of memory stays.
    const both = (change: Instruction): unknown =>
      READ[name]!(
        leaves((fb) => {
          const old = fb.hold(name, change);
          const now = table.load(0, i32.const(0));
          fb.push(table.store(RESULT, i32.const(0), table.sub(now, fb.get(old))));
        }),
      );
    const rest = BigInt(start) - uns(width, BigInt(start));
    const expected = (next: bigint): unknown =>
      back((width === bits ? 0n : rest) + uns(width, next) - uns(width, before));
    for (const [op, next] of Object.entries(changed))
      add(
        `${atomic}.${form}.${op}`,
        name,
        () => both((exchanges as typeof i32.atomic.rmw)[op as "add"](0, i32.const(0), constant(given))),
        expected(next),
      );
    const { cmpxchg } = exchanges as typeof i32.atomic.rmw;
    const swap = () => both(cmpxchg(0, i32.const(0), constant(before), constant(given)));
    add(`${atomic}.${form}.cmpxchg`, name, swap, expected(given));
  }
}
const at = (place: number): Instruction => i32.const(place);
add("i32.load8_s", "i32", i32.load8_s(0, at(63)), 63);
add("i32.load8_u", "i32", i32.load8_u(5, at(1)), 6);
add("i32.load16_s", "i32", i32.load16_s(0, at(1)), 0x0201);
add("i32.load16_u", "i32", i32.load16_u(0, at(2)), 0x0302);
add("i32.store8", "i32", () => does("i32", i32.store8(RESULT, at(0), i32.const(0x1ff))), 0xff);
add("i32.store16", "i32", () => does("i32", i32.store16(RESULT, at(0), i32.const(0x1ffff))), 0xffff);
add("i32.wrap", "i32", i32.wrap(i64.const(0x1ffffffffn)), -1);
add("i32.reinterpret", "i32", i32.reinterpret(f32.const(1)), 0x3f800000);
add("i32.extend8_s", "i32", i32.extend8_s(i32.const(0x1ff)), -1);
add("i32.extend16_s", "i32", i32.extend16_s(i32.const(0x18000)), -0x8000);
// 1: memory holds something else than what was expected.
add("i32.atomic.wait", "i32", i32.atomic.wait(at(0), i32.const(0), i64.const(0n)), 1);
add("i32.atomic.load8_u", "i32", i32.atomic.load8_u(3, at(0)), 3);
add("i32.atomic.load16_u", "i32", i32.atomic.load16_u(2, at(0)), 0x0302);
add("i32.atomic.store8", "i32", () => does("i32", i32.atomic.store8(RESULT, at(0), i32.const(-1))), 0xff);
add("i32.atomic.store16", "i32", () => does("i32", i32.atomic.store16(RESULT, at(0), i32.const(-1))), 0xffff);
add("i64.extend_s", "i64", i64.extend_s(i32.const(-5)), -5n);
add("i64.extend_u", "i64", i64.extend_u(i32.const(-5)), 0xfffffffbn);
add("i64.reinterpret", "i64", i64.reinterpret(f64.const(-0)), -(2n ** 63n));

for (const [name, table, rounded] of [
  ["f32", f32, Math.fround],
  ["f64", f64, (x: number) => x],
] as const) {
  const [a, b] = [rounded(-2.7), rounded(0.3)];
  const [x, y] = [() => table.const(a), () => table.const(b)];
  for (const [op, meaning] of Object.entries(FLOAT_ORDER))
    add(`${name}.${op}`, "i32", of(table, op)(x(), y()), Number(meaning(a, b)));
  for (const [op, meaning] of Object.entries(ROUNDING)) add(`${name}.${op}`, name, of(table, op)(x()), meaning(a));
  for (const [op, meaning] of Object.entries(FLOATING))
    add(`${name}.${op}`, name, of(table, op)(x(), y()), rounded(meaning(a, b)));
  add(`${name}.sqrt`, name, table.sqrt(y()), rounded(Math.sqrt(b)));
  add(`${name}.const`, name, x(), a);
  add(
    `${name}.load`,
    name,
    table.load(0, at(4)),
    READ[name]!(new DataView(Uint8Array.of(4, 5, 6, 7, 8, 9, 10, 11).buffer)),
  );
  add(`${name}.store`, name, () => does(name, table.store(RESULT, at(0), x())), a);
  add(`${name}.convert_i32_s`, name, table.convert_i32_s(i32.const(-3)), -3);
  add(`${name}.convert_i32_u`, name, table.convert_i32_u(i32.const(-1)), rounded(4294967295));
  add(`${name}.convert_i64_s`, name, table.convert_i64_s(i64.const(-3n)), -3);
  add(`${name}.convert_i64_u`, name, table.convert_i64_u(i64.const(-1n)), rounded(2 ** 64));
}
add("f32.demote", "f32", f32.demote(f64.const(0.1)), Math.fround(0.1));
add("f32.reinterpret", "f32", f32.reinterpret(i32.const(0x40000000)), 2);
add("f64.promote", "f64", f64.promote(f32.const(0.1)), Math.fround(0.1));
add("f64.reinterpret", "f64", f64.reinterpret(i64.const(2n ** 62n)), 2);

const numbers = (first: number, count: number, step = 1): number[] =>
  Array.from({ length: count }, (_, index) => first + index * step);
const words = (first: number): number[] => numbers(first, 4, 4).map((byte) => byte * 0x01010101 + 0x03020100);
add("v128.const", "i32x4", ints(1, -2, 3, -4), [1, -2, 3, -4]);
add("v128.load", "i8x16", v128.load(4, at(4)), numbers(8, 16));
add("v128.load8x8_s", "i16x8", v128.load8x8_s(0, at(8)), [8, 9, 10, 11, 12, 13, 14, 15]);
add("v128.load8x8_u", "i16x8", v128.load8x8_u(0, at(10)), [10, 11, 12, 13, 14, 15, 16, 17]);
add("v128.load16x4_s", "i32x4", v128.load16x4_s(0, at(8)), [0x0908, 0x0b0a, 0x0d0c, 0x0f0e]);
add("v128.load16x4_u", "i32x4", v128.load16x4_u(0, at(10)), [0x0b0a, 0x0d0c, 0x0f0e, 0x1110]);
add("v128.load32_splat", "i32x4", v128.load32_splat(0, at(0)), Array(4).fill(0x03020100));
add("v128.load32_zero", "i32x4", v128.load32_zero(0, at(4)), [0x07060504, 0, 0, 0]);
add("v128.load8_lane", "i32x4", v128.load8_lane(0, 4, at(5), ints(7, 0, 7, 7)), [7, 5, 7, 7]);
add("v128.load16_lane", "i32x4", v128.load16_lane(0, 6, at(2), ints(7, 7, 7, 0)), [7, 7, 7, 0x0302]);
add("v128.load32_lane", "i32x4", v128.load32_lane(0, 2, at(0), ints(7, 7, 7, 7)), [7, 7, 0x03020100, 7]);
add("v128.store", "i32x4", () => does("i32x4", v128.store(RESULT, at(0), ints(1, 2, 3, 4))), [1, 2, 3, 4]);
const [four, wide] = [() => ints(1, 2, 3, 4), { high: 3 + 2 ** 32 * 4 }];
add("v128.store32_lane", "i32x4", () => does("i32x4", v128.store32_lane(RESULT, 2, at(0), four())), [3, 0, 0, 0]);
add("v128.store64_lane", "i64x2", () => does("i64x2", v128.store64_lane(RESULT, 1, at(0), four())), [
  BigInt(wide.high),
  0n,
]);
add("v128.not", "i32x4", v128.not(ints(0, 1, 2, 3)), [-1, -2, -3, -4]);
add("v128.and", "i32x4", v128.and(ints(1, 2, 3, 4), ints(3, 3, 6, 6)), [1, 2, 2, 4]);
add("v128.andnot", "i32x4", v128.andnot(ints(1, 2, 3, 4), ints(3, 1, 6, 6)), [0, 2, 1, 0]);
add("v128.or", "i32x4", v128.or(ints(1, 2, 3, 4), ints(4, 4, 4, 8)), [5, 6, 7, 12]);
add("v128.xor", "i32x4", v128.xor(ints(1, 2, 3, 4), ints(1, 1, 1, 1)), [0, 3, 2, 5]);
add("v128.bitselect", "i32x4", v128.bitselect(four(), ints(9, 9, 9, 9), ints(-1, 0, -1, 0)), [1, 9, 3, 9]);
add("v128.any_true", "i32", v128.any_true(ints(0, 0, 4, 0)), 1);
const mixed = [0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31];
const shuffled = i8x16.shuffle(v128.load(0, at(0)), v128.load(0, at(16)), mixed);
add("i8x16.shuffle", "i8x16", shuffled, mixed);
const bytes = () => v128.const(Uint8Array.from(numbers(250, 16)));
const extended = numbers(250, 16).map((byte) => byte & 255);
const withSign = extended.map((byte) => (byte << 24) >> 24);
add("i16x8.extend_low_i8x16_s", "i16x8", i16x8.extend_low_i8x16_s(bytes()), withSign.slice(0, 8));
add("i16x8.extend_high_i8x16_s", "i16x8", i16x8.extend_high_i8x16_s(bytes()), withSign.slice(8));
add("i16x8.extend_low_i8x16_u", "i16x8", i16x8.extend_low_i8x16_u(bytes()), extended.slice(0, 8));

const [left, right] = [
  [5, -7, 2147483647, -2147483648],
  [5, 3, -1, 2],
];
const wordwise = (f: (a: bigint, b: bigint) => bigint | boolean): number[] =>
  left.map((a, lane) => {
    const value = f(BigInt(a), BigInt(right[lane]!));
    return typeof value === "boolean" ? (value ? -1 : 0) : Number(BigInt.asIntN(32, value));
  });
const intPair = (op: string): Instruction => of(i32x4, op)(ints(...left), ints(...right));
for (const [op, meaning] of Object.entries(ORDER))
  add(
    `i32x4.${op}`,
    "i32x4",
    intPair(op),
    wordwise((a, b) => meaning(a, b, 32)),
  );
for (const op of ["add", "sub", "mul"])
  add(
    `i32x4.${op}`,
    "i32x4",
    intPair(op),
    wordwise((a, b) => ARITHMETIC[op]!(a, b, 32)),
  );
for (const [op, less] of [
  ["min", true],
  ["max", false],
] as const)
  for (const sign of ["s", "u"]) {
    const smaller = (a: bigint, b: bigint): boolean => (sign === "s" ? a < b : uns(32, a) < uns(32, b));
    add(
      `i32x4.${op}_${sign}`,
      "i32x4",
      intPair(`${op}_${sign}`),
      wordwise((a, b) => (smaller(a, b) === less ? a : b)),
    );
  }
for (const op of ["shl", "shr_s", "shr_u"] as const)
  add(
    `i32x4.${op}`,
    "i32x4",
    i32x4[op](ints(...left), i32.const(3)),
    wordwise((a) => ARITHMETIC[op]!(a, 3n, 32)),
  );
add("i32x4.splat", "i32x4", i32x4.splat(i32.const(9)), [9, 9, 9, 9]);
add("i32x4.extract_lane", "i32", i32x4.extract_lane(four(), 3), 4);
add("i32x4.replace_lane", "i32x4", i32x4.replace_lane(four(), 1, i32.const(9)), [1, 9, 3, 4]);
add("i32x4.abs", "i32x4", i32x4.abs(ints(...left)), [5, 7, 2147483647, -2147483648]);
add("i32x4.neg", "i32x4", i32x4.neg(ints(...left)), [-5, 7, -2147483647, -2147483648]);
add("i32x4.all_true", "i32", i32x4.all_true(ints(1, 1, 0, 1)), 0);
const eight = () => halves(-1, 2, -3, 4, -5, 6, -7, 8);
add(
  "i16x8.narrow_i32x4_s",
  "i16x8",
  i16x8.narrow_i32x4_s(ints(1, -2, 40000, -40000), ints(5, 6, 7, -8)),
  [1, -2, 32767, -32768, 5, 6, 7, -8],
);
add("i16x8.shl", "i16x8", i16x8.shl(eight(), i32.const(14)), [-16384, -32768, 16384, 0, -16384, -32768, 16384, 0]);
add("i16x8.shr_s", "i16x8", i16x8.shr_s(eight(), i32.const(1)), [-1, 1, -2, 2, -3, 3, -4, 4]);
add("i32x4.dot_i16x8_s", "i32x4", i32x4.dot_i16x8_s(eight(), halves(1, 1, 2, 2, 3, 3, 400, 30000)), [1, 2, 3, 237200]);
add("i32x4.extend_low_i16x8_s", "i32x4", i32x4.extend_low_i16x8_s(eight()), [-1, 2, -3, 4]);
add("i32x4.extend_high_i16x8_s", "i32x4", i32x4.extend_high_i16x8_s(eight()), [-5, 6, -7, 8]);
add("i32x4.extend_low_i16x8_u", "i32x4", i32x4.extend_low_i16x8_u(eight()), [65535, 2, 65533, 4]);
const saturating = () => floats(-3.7, 1e20, Number.NaN, 2.9);
add("i32x4.trunc_sat_f32x4_s", "i32x4", i32x4.trunc_sat_f32x4_s(saturating()), [-3, 2147483647, 0, 2]);
add("i32x4.trunc_sat_f32x4_u", "i32x4", i32x4.trunc_sat_f32x4_u(saturating()), [0, -1, 0, 2]);
const products = (a: number, b: number): bigint => uns(32, BigInt(a)) * uns(32, BigInt(b));
const asLong = (x: bigint): bigint => BigInt.asIntN(64, x);
for (const [op, first] of [
  ["extmul_low_i32x4_u", 0],
  ["extmul_high_i32x4_u", 2],
] as const)
  add(
    `i64x2.${op}`,
    "i64x2",
    i64x2[op](ints(...left), ints(...right)),
    [first, first + 1].map((lane) => asLong(products(left[lane]!, right[lane]!))),
  );

for (const [name, table, count, rounded, make] of [
  ["f32x4", f32x4, 4, Math.fround, floats],
  ["f64x2", f64x2, 2, (x: number) => x, doubles],
] as const) {
  const a = [-2.7, 0.3, 2.5, 7].slice(0, count).map(rounded);
  const b = [0.3, 0.3, -1.5, 2].slice(0, count).map(rounded);
  for (const op of Object.keys(table)) {
    const [order, round, math] = [FLOAT_ORDER[op], ROUNDING[op], FLOATING[op]];
    const both = () => of(table, op)(make(...a), make(...b));
    if (order) {
      const mask = a.map((x, lane) => (order(x, b[lane]!) ? -1 : 0));
      add(`${name}.${op}`, count === 4 ? "i32x4" : "i64x2", both(), count === 4 ? mask : mask.map(BigInt));
    }
    if (round) add(`${name}.${op}`, name, of(table, op)(make(...a)), a.map(round));
    if (math)
      add(
        `${name}.${op}`,
        name,
        both(),
        a.map((x, lane) => rounded(math(x, b[lane]!))),
      );
  }
}
add("f32x4.splat", "f32x4", f32x4.splat(f32.const(1.5)), [1.5, 1.5, 1.5, 1.5]);
add("f32x4.extract_lane", "f32", f32x4.extract_lane(floats(1, 2, 3, 4), 2), 3);
add("f32x4.replace_lane", "f32x4", f32x4.replace_lane(floats(1, 2, 3, 4), 0, f32.const(9)), [9, 2, 3, 4]);
add("f32x4.demote_f64x2_zero", "f32x4", f32x4.demote_f64x2_zero(doubles(0.1, 2)), [Math.fround(0.1), 2, 0, 0]);
add("f32x4.sqrt", "f32x4", f32x4.sqrt(floats(4, 9, 2, 0)), [2, 3, Math.fround(Math.SQRT2), 0]);
add("f32x4.pmin", "f32x4", f32x4.pmin(floats(1, 2, Number.NaN, 4), floats(3, 1, 5, Number.NaN)), [1, 1, Number.NaN, 4]);
add("f32x4.pmax", "f32x4", f32x4.pmax(floats(1, 2, Number.NaN, 4), floats(3, 1, 5, Number.NaN)), [3, 2, Number.NaN, 4]);
add("f32x4.convert_i32x4_s", "f32x4", f32x4.convert_i32x4_s(ints(-1, 2, -3, 4)), [-1, 2, -3, 4]);
add("f32x4.convert_i32x4_u", "f32x4", f32x4.convert_i32x4_u(ints(-1, 2, 3, 4)), [2 ** 32, 2, 3, 4]);
add("f64x2.promote_low_f32x4", "f64x2", f64x2.promote_low_f32x4(floats(1.5, 2.5, 3, 4)), [1.5, 2.5]);

add("memory.copy", "i32x4", () => does("i32x4", memory.copy(at(RESULT), at(0), at(16))), words(0));
add("memory.fill", "i32x4", () => does("i32x4", memory.fill(at(RESULT), at(1), at(6))), [0x01010101, 0x0101, 0, 0]);
const second = () => does("i32", global.set(1, at(5)), i32.store(RESULT, at(0), i32.add(global.get(1), global.get(0))));
add("global.get", "i32", second, 5);
add("global.set", "i32", second, 5);
const held = (fb: FunctionBuilder): Instruction => {
  const one = fb.hold("i32", at(20));
  return i32.add(local.tee(one.index, at(7)), local.get(one.index));
};
for (const op of ["get", "set", "tee"])
  add(`local.${op}`, "i32", () => READ.i32!(leaves((fb) => fb.push(i32.store(RESULT, at(0), held(fb))))), 14);
add("select", "i32", select(at(0), at(1), at(2)), 2);
add("drop", "i32", () => does("i32", drop(at(1)), i32.store(RESULT, at(0), at(3))), 3);
const stored = (value: number): Instruction => i32.store(RESULT, at(0), at(value));
add(
  "returning",
  "i32",
  () =>
    READ.i32!(
      leaves((fb, module) => {
        const inner = new FunctionBuilder(module, "inner", ["i32"], "i32");
        inner.push(returning(i32.mul(inner.get(inner.params[0]!), at(3))));
        inner.finish(at(0));
        fb.push(i32.store(RESULT, at(0), call("inner", at(4))));
      }),
    ),
  12,
);
add(
  "call",
  "f64",
  () =>
    READ.f64!(
      leaves((fb, module) => {
        const twice = module.imported("twice", ["f64"], "f64");
        fb.push(f64.store(RESULT, at(0), call(twice, f64.const(1.25))));
      }),
    ),
  2.5,
);
const jumping = () => does("i32", wasm.block("out", [stored(1), br_if("out", at(0)), stored(2), br("out"), stored(3)]));
for (const name of ["block", "br", "br_if"]) add(name, "i32", jumping, 2);
const counted = () =>
  READ.i32!(
    leaves((fb) => {
      const [sum, index] = [fb.local("i32"), fb.local("i32")];
      fb.count(index, 10, 3, () => fb.set(sum, i32.add(fb.get(sum), fb.get(index))));
      fb.push(i32.store(RESULT, at(0), fb.get(sum)));
    }),
  );
add("loop", "i32", counted, 0 + 3 + 6 + 9);

/** The names in the tables: `i32.atomic.rmw.add` and so on. */
function namesOf(table: object, before = ""): string[] {
  return Object.entries(table).flatMap(([name, one]) =>
    typeof one === "function" ? [`${before}${name}`] : namesOf(one as object, `${before}${name}.`),
  );
}

test("there is a case for every instruction", () => {
  const { NUMBERS: _numbers, VECTORS: _vectors, ...tables } = wasm;
  expect([...CASES.keys()].sort()).toEqual(namesOf(tables).sort());
});

test.each([...CASES])("%s", (_name, [shape, value, expected]) => {
  expect(typeof value === "function" ? value() : gives(shape, value)).toEqual(expected);
});

test("an if takes one branch, and a branch out of it counts the blocks between", () => {
  for (const condition of [0, 1]) {
    const result = leaves((fb) =>
      fb.scope("out", () => {
        fb.if(
          at(condition),
          () => {
            fb.push(stored(1));
            fb.push(br("out"));
          },
          () => fb.push(stored(2)),
        );
        fb.push(i32.store(RESULT, at(0), i32.add(i32.load(RESULT, at(0)), at(10))));
      }),
    );
    expect(result.getInt32(0, true)).toBe(condition ? 1 : 12);
  }
});

test.each([
  ["that is used once is computed there", 1, false, [1, 2, 0, 0]],
  ["that is used more often is computed where it stands, once", 3, false, [2, 1, 1, 1]],
  ["that is used over and over is computed in front of the loop", 1, true, [2, 1, 0, 0]],
  ["that is not used is not computed", 0, false, [1, 0, 0, 0]],
] as const)("a named value %s", (_what, uses, again, expected) => {
  const result = leaves((fb, module) => {
    const tick = () => call(module.imported("tick", [], "i32"));
    const named = fb.once("i32", tick());
    fb.push(i32.store(RESULT, at(0), tick()));
    for (let use = 1; use <= uses; use++)
      fb.push(i32.store(RESULT + 4 * use, at(0), { kind: "use", of: named, again }));
  });
  expect(READ.i32x4!(result)).toEqual(expected);
});

test("numbers of every length are encoded", () => {
  for (let power = 0; power < 63; power++)
    for (const sign of [1n, -1n])
      for (const off of [-1n, 0n, 1n]) {
        const value = sign * 2n ** BigInt(power) + off;
        expect(gives("i64", i64.const(value))).toBe(value);
        if (power < 31) expect(gives("i32", i32.const(Number(value)))).toBe(Number(value));
      }
});

test("a number that is none has always the same bits", () => {
  expect(leaves((fb) => fb.push(f32.store(RESULT, at(0), f32.const(Number.NaN)))).getUint32(0, true)).toBe(0x7fc00000);
  const long = leaves((fb) => fb.push(f64.store(RESULT, at(0), f64.const(Number.NaN))));
  expect(long.getBigUint64(0, true)).toBe(0x7ff8000000000000n);
});

test("many locals of all types keep their values apart", () => {
  const result = leaves((fb) => {
    const all = Array.from({ length: 300 }, (_, index) =>
      index % 3 === 0
        ? { type: "i32" as const, local: fb.hold("i32", at(index)) }
        : index % 3 === 1
          ? { type: "f64" as const, local: fb.hold("f64", f64.const(index)) }
          : { type: "v128" as const, local: fb.hold("v128", ints(index, index, index, index)) },
    );
    const sum = all
      .map(({ type, local: one }) =>
        type === "i32"
          ? fb.get(one)
          : type === "f64"
            ? i32.trunc_sat_f64_s(fb.get(one))
            : i32x4.extract_lane(fb.get(one), 2),
      )
      .reduce((a, b) => i32.add(a, b));
    fb.push(i32.store(RESULT, at(0), sum));
  });
  expect(result.getInt32(0, true)).toBe((299 * 300) / 2);
});

test("the host sees the globals, the functions and the section", () => {
  const module = new ModuleBuilder(false);
  new FunctionBuilder(module, "hidden", [], null).finish();
  new FunctionBuilder(module, "seen", [], null).finish();
  const built = new WebAssembly.Module(
    encodeModule(module.finish(["x"], ["seen"]), { name: "facts", contents: Uint8Array.of(3, 1, 4) }),
  );
  const shared = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const { exports } = new WebAssembly.Instance(built, { env: { memory: shared } });
  expect(Object.keys(exports)).toEqual(["x", "seen"]);
  expect(new Uint8Array(WebAssembly.Module.customSections(built, "facts")[0]!)).toEqual(Uint8Array.of(3, 1, 4));
});

test("what is not there is said by name", () => {
  const encode = (one: Instruction): void => {
    leaves((fb) => fb.push(one));
  };
  expect(() => encode(call("nowhere"))).toThrow("run uses the function nowhere, which is not there");
  expect(() => encode(br("out"))).toThrow("run uses the label out, which is not there");
});
