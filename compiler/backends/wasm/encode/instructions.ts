import { signed, signedLong, unsigned } from "./bytes.js";
import type { WasmType } from "./representation.js";

/*
 * The instructions of WebAssembly that kernels are made of, by the names and numbers of its specification (version 2, with threads).
 * Names leave out an operand's type where there is one only: `i32.reinterpret` is of an f32.
 */

/** A value with a name: where it stands it is computed if it is used more than once, else where it is used. */
export interface Named {
  readonly kind: "let";
  readonly type: WasmType;
  readonly value: Instruction;
}

/** An instruction with its operands: it computes them, in order, and then does its own. */
export type Instruction =
  | Named
  /** `again` says that it is used over and over: in a loop that its value stands in front of. */
  | { readonly kind: "use"; readonly of: Named; readonly again: boolean }
  | { readonly kind: "plain"; readonly code: readonly number[]; readonly operands: readonly Instruction[] }
  | { readonly kind: "call"; readonly name: string; readonly operands: readonly Instruction[] }
  /** To the end of the block, or to the start of the loop, of a name. */
  | {
      readonly kind: "branch";
      readonly code: number;
      readonly label: string;
      readonly operands: readonly Instruction[];
    }
  | { readonly kind: "block"; readonly code: number; readonly label: string; readonly body: readonly Instruction[] }
  | {
      readonly kind: "if";
      readonly condition: Instruction;
      readonly then: readonly Instruction[];
      readonly otherwise: readonly Instruction[];
    };

type Code = readonly number[];
type Unary = (x: Instruction) => Instruction;
type Binary = (a: Instruction, b: Instruction) => Instruction;
type Ternary = (a: Instruction, b: Instruction, c: Instruction) => Instruction;
type Load = (offset: number, at: Instruction) => Instruction;
type Store = (offset: number, at: Instruction, value: Instruction) => Instruction;

const plain = (code: Code, ...operands: readonly Instruction[]): Instruction => ({ kind: "plain", code, operands });

const unary =
  (code: Code): Unary =>
  (x) =>
    plain(code, x);
const binary =
  (code: Code): Binary =>
  (a, b) =>
    plain(code, a, b);
const ternary =
  (code: Code): Ternary =>
  (a, b, c) =>
    plain(code, a, b, c);

/** An access at an address plus a constant; `align` is the power of two that it promises, which only atomics must. */
const access = (code: Code, align: number, offset: number): Code => [...code, align, ...unsigned(offset)];
const load =
  (code: Code): Load =>
  (offset, at) =>
    plain(access(code, 0, offset), at);
const store =
  (code: Code): Store =>
  (offset, at, value) =>
    plain(access(code, 0, offset), at, value);

/** One lane of a vector in memory. */
const laneAccess =
  (code: Code) =>
  (offset: number, lane: number, at: Instruction, vector: Instruction): Instruction =>
    plain([...access(code, 0, offset), lane], at, vector);

const extract =
  (code: Code) =>
  (vector: Instruction, lane: number): Instruction =>
    plain([...code, lane], vector);
const replace =
  (code: Code) =>
  (vector: Instruction, lane: number, value: Instruction): Instruction =>
    plain([...code, lane], vector, value);

const number = (code: number): Code => [code];
const extended = (code: number): Code => [0xfc, ...unsigned(code)];
const vector = (code: number): Code => [0xfd, ...unsigned(code)];
const shared = (code: number): Code => [0xfe, ...unsigned(code)];

/** Instructions whose numbers follow one another, from `first` on. */
function row<Name extends string, Make>(
  make: (code: Code) => Make,
  space: (code: number) => Code,
  first: number,
  ...names: readonly Name[]
): Readonly<Record<Name, Make>> {
  const made = names.map((name, index) => [name, make(space(first + index))]);
  return Object.fromEntries(made) as Record<Name, Make>;
}

const INTEGER_ORDER = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"] as const;
const INTEGER_ARITHMETIC = [
  ...(["add", "sub", "mul", "div_s", "div_u", "rem_s", "rem_u"] as const),
  ...(["and", "or", "xor", "shl", "shr_s", "shr_u"] as const),
];
const FLOAT_ORDER = ["eq", "ne", "lt", "gt", "le", "ge"] as const;
const FLOAT_ROUNDING = ["abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt"] as const;
const FLOAT_ARITHMETIC = ["add", "sub", "mul", "div", "min", "max"] as const;
const CONVERSION = ["convert_i32_s", "convert_i32_u", "convert_i64_s", "convert_i64_u"] as const;
const TRUNCATION = ["trunc_sat_f32_s", "trunc_sat_f32_u", "trunc_sat_f64_s", "trunc_sat_f64_u"] as const;

const EXCHANGES = ["add", "sub", "and", "or", "xor", "xchg"] as const;

/** Read-modify-write instructions of one width: those of a kind are seven numbers from those of the next. */
function exchanges(first: number, align: number) {
  const update =
    (code: Code): Store =>
    (offset, at, value) =>
      plain(access(code, align, offset), at, value);
  const compare = shared(first + 7 * EXCHANGES.length);
  return {
    ...Object.fromEntries(EXCHANGES.map((name, index) => [name, update(shared(first + 7 * index))])),
    cmpxchg: (offset: number, at: Instruction, expected: Instruction, replacement: Instruction) =>
      plain(access(compare, align, offset), at, expected, replacement),
  } as Readonly<Record<(typeof EXCHANGES)[number], Store>> & {
    readonly cmpxchg: (offset: number, at: Instruction, expected: Instruction, value: Instruction) => Instruction;
  };
}

const atomicLoad =
  (code: number, align: number): Load =>
  (offset, at) =>
    plain(access(shared(code), align, offset), at);
const atomicStore =
  (code: number, align: number): Store =>
  (offset, at, value) =>
    plain(access(shared(code), align, offset), at, value);

const DATA = new DataView(new ArrayBuffer(8));
const bytesOf = (length: number): number[] => [...new Uint8Array(DATA.buffer, 0, length)];

export const i32 = {
  const: (value: number): Instruction => plain([0x41, ...signed(value | 0)]),
  ...row(load, number, 0x28, "load"),
  ...row(load, number, 0x2c, "load8_s", "load8_u", "load16_s", "load16_u"),
  ...row(store, number, 0x36, "store"),
  ...row(store, number, 0x3a, "store8", "store16"),
  ...row(unary, number, 0x45, "eqz"),
  ...row(binary, number, 0x46, ...INTEGER_ORDER),
  ...row(binary, number, 0x6a, ...INTEGER_ARITHMETIC),
  ...row(unary, number, 0xa7, "wrap"),
  ...row(unary, number, 0xbc, "reinterpret"),
  ...row(unary, number, 0xc0, "extend8_s", "extend16_s"),
  ...row(unary, extended, 0, ...TRUNCATION),
  atomic: {
    /** Sleeps while memory holds what is expected, for so many nanoseconds at the most, an i64. */
    wait: (at: Instruction, expected: Instruction, nanoseconds: Instruction): Instruction =>
      plain(access(shared(0x01), 2, 0), at, expected, nanoseconds),
    load: atomicLoad(0x10, 2),
    load8_u: atomicLoad(0x12, 0),
    load16_u: atomicLoad(0x13, 1),
    store: atomicStore(0x17, 2),
    store8: atomicStore(0x19, 0),
    store16: atomicStore(0x1a, 1),
    rmw: exchanges(0x1e, 2),
    rmw8_u: exchanges(0x20, 0),
    rmw16_u: exchanges(0x21, 1),
  },
};

export const i64 = {
  const: (value: bigint): Instruction => plain([0x42, ...signedLong(BigInt.asIntN(64, value))]),
  ...row(load, number, 0x29, "load"),
  ...row(store, number, 0x37, "store"),
  ...row(unary, number, 0x50, "eqz"),
  ...row(binary, number, 0x51, ...INTEGER_ORDER),
  ...row(binary, number, 0x7c, ...INTEGER_ARITHMETIC),
  ...row(unary, number, 0xac, "extend_s", "extend_u"),
  ...row(unary, number, 0xbd, "reinterpret"),
  ...row(unary, extended, 4, ...TRUNCATION),
  atomic: { load: atomicLoad(0x11, 3), store: atomicStore(0x18, 3), rmw: exchanges(0x1f, 3) },
};

export const f32 = {
  const: (value: number): Instruction => {
    // A NaN of JavaScript's may have any bits; this one has always the same.
    if (Number.isNaN(value)) DATA.setUint32(0, 0x7fc00000, true);
    else DATA.setFloat32(0, value, true);
    return plain([0x43, ...bytesOf(4)]);
  },
  ...row(load, number, 0x2a, "load"),
  ...row(store, number, 0x38, "store"),
  ...row(binary, number, 0x5b, ...FLOAT_ORDER),
  ...row(unary, number, 0x8b, ...FLOAT_ROUNDING),
  ...row(binary, number, 0x92, ...FLOAT_ARITHMETIC),
  ...row(unary, number, 0xb2, ...CONVERSION, "demote"),
  ...row(unary, number, 0xbe, "reinterpret"),
};

export const f64 = {
  const: (value: number): Instruction => {
    if (Number.isNaN(value)) DATA.setBigUint64(0, 0x7ff8000000000000n, true);
    else DATA.setFloat64(0, value, true);
    return plain([0x44, ...bytesOf(8)]);
  },
  ...row(load, number, 0x2b, "load"),
  ...row(store, number, 0x39, "store"),
  ...row(binary, number, 0x61, ...FLOAT_ORDER),
  ...row(unary, number, 0x99, ...FLOAT_ROUNDING),
  ...row(binary, number, 0xa0, ...FLOAT_ARITHMETIC),
  ...row(unary, number, 0xb7, ...CONVERSION, "promote"),
  ...row(unary, number, 0xbf, "reinterpret"),
};

export const v128 = {
  const: (bytes: Uint8Array): Instruction => plain([...vector(12), ...bytes]),
  ...row(load, vector, 0, "load", "load8x8_s", "load8x8_u", "load16x4_s", "load16x4_u"),
  ...row(load, vector, 9, "load32_splat"),
  ...row(store, vector, 11, "store"),
  ...row(unary, vector, 77, "not"),
  ...row(binary, vector, 78, "and", "andnot", "or", "xor"),
  ...row(ternary, vector, 82, "bitselect"),
  ...row(unary, vector, 83, "any_true"),
  ...row(laneAccess, vector, 84, "load8_lane", "load16_lane", "load32_lane"),
  ...row(laneAccess, vector, 90, "store32_lane", "store64_lane"),
  ...row(load, vector, 92, "load32_zero"),
};

export const i8x16 = {
  shuffle: (a: Instruction, b: Instruction, lanes: readonly number[]): Instruction =>
    plain([...vector(13), ...lanes], a, b),
};

export const i16x8 = {
  ...row(binary, vector, 133, "narrow_i32x4_s"),
  ...row(unary, vector, 135, "extend_low_i8x16_s", "extend_high_i8x16_s", "extend_low_i8x16_u"),
  ...row(binary, vector, 139, "shl", "shr_s"),
};

export const i32x4 = {
  ...row(unary, vector, 17, "splat"),
  ...row(extract, vector, 27, "extract_lane"),
  ...row(replace, vector, 28, "replace_lane"),
  ...row(binary, vector, 55, ...INTEGER_ORDER),
  ...row(unary, vector, 160, "abs", "neg"),
  ...row(unary, vector, 163, "all_true"),
  ...row(unary, vector, 167, "extend_low_i16x8_s", "extend_high_i16x8_s", "extend_low_i16x8_u"),
  ...row(binary, vector, 171, "shl", "shr_s", "shr_u", "add"),
  ...row(binary, vector, 177, "sub"),
  ...row(binary, vector, 181, "mul", "min_s", "min_u", "max_s", "max_u", "dot_i16x8_s"),
  ...row(unary, vector, 248, "trunc_sat_f32x4_s", "trunc_sat_f32x4_u"),
};

export const i64x2 = {
  ...row(binary, vector, 222, "extmul_low_i32x4_u", "extmul_high_i32x4_u"),
};

export const f32x4 = {
  ...row(unary, vector, 19, "splat"),
  ...row(extract, vector, 31, "extract_lane"),
  ...row(replace, vector, 32, "replace_lane"),
  ...row(binary, vector, 65, ...FLOAT_ORDER),
  ...row(unary, vector, 94, "demote_f64x2_zero"),
  ...row(unary, vector, 103, "ceil", "floor", "trunc", "nearest"),
  ...row(unary, vector, 224, "abs", "neg"),
  ...row(unary, vector, 227, "sqrt"),
  ...row(binary, vector, 228, ...FLOAT_ARITHMETIC, "pmin", "pmax"),
  ...row(unary, vector, 250, "convert_i32x4_s", "convert_i32x4_u"),
};

export const f64x2 = {
  ...row(binary, vector, 71, ...FLOAT_ORDER),
  ...row(unary, vector, 95, "promote_low_f32x4"),
  ...row(unary, vector, 117, "floor"),
  ...row(unary, vector, 148, "nearest"),
  ...row(binary, vector, 240, ...FLOAT_ARITHMETIC),
};

export const memory = {
  copy: (to: Instruction, from: Instruction, bytes: Instruction): Instruction =>
    plain([...extended(10), 0, 0], to, from, bytes),
  fill: (to: Instruction, value: Instruction, bytes: Instruction): Instruction =>
    plain([...extended(11), 0], to, value, bytes),
};

export const global = {
  get: (index: number): Instruction => plain([0x23, ...unsigned(index)]),
  set: (index: number, value: Instruction): Instruction => plain([0x24, ...unsigned(index)], value),
};

export const local = {
  get: (index: number): Instruction => plain([0x20, ...unsigned(index)]),
  set: (index: number, value: Instruction): Instruction => plain([0x21, ...unsigned(index)], value),
  tee: (index: number, value: Instruction): Instruction => plain([0x22, ...unsigned(index)], value),
};

export const drop = unary([0x1a]);
export const returning = unary([0x0f]);

/** `a` where the condition is not 0, else `b`; both are computed. */
export const select = (condition: Instruction, a: Instruction, b: Instruction): Instruction =>
  plain([0x1b], a, b, condition);

export const call = (name: string, ...operands: readonly Instruction[]): Instruction => ({
  kind: "call",
  name,
  operands,
});

const branch = (code: number, label: string, ...operands: readonly Instruction[]): Instruction => ({
  kind: "branch",
  code,
  label,
  operands,
});
export const br = (label: string): Instruction => branch(0x0c, label);
export const br_if = (label: string, condition: Instruction): Instruction => branch(0x0d, label, condition);

export const block = (label: string, body: readonly Instruction[]): Instruction => ({
  kind: "block",
  code: 0x02,
  label,
  body,
});
export const loop = (label: string, body: readonly Instruction[]): Instruction => ({
  kind: "block",
  code: 0x03,
  label,
  body,
});

/** The instructions of a type that is chosen when a kernel is compiled. */
export const NUMBERS = { i32, i64, f32, f64 };
export const VECTORS = { i32x4, f32x4 };
