import * as problems from "../diagnostics/catalogue/types.js";
import { DTYPES, type DType, tile } from "../ir/index.js";
import { dtypeOf } from "./attrs.js";
import { decay, isNumbers, isOperand, type TileType } from "./convert.js";
import type { Op } from "./op.js";
import { method } from "./python.js";
import { dtypeText, materialize } from "./python-values.js";

const BITS = new DataView(new ArrayBuffer(8));

/** Writes a number's bits as its dtype lays them out. f16 has no DataView method in Node 20; its halves are made by hand. */
const WRITE: Readonly<Record<DType, (value: number) => void>> = {
  bool: (value) => BITS.setUint8(0, value),
  i8: (value) => BITS.setInt8(0, value),
  u8: (value) => BITS.setUint8(0, value),
  i16: (value) => BITS.setInt16(0, value, true),
  i32: (value) => BITS.setInt32(0, value, true),
  u32: (value) => BITS.setUint32(0, value, true),
  i64: (value) => BITS.setBigInt64(0, BigInt(value), true),
  f16: (value) => BITS.setUint16(0, halfBits(value), true),
  bf16: (value) => {
    BITS.setFloat32(4, value, true);
    BITS.setUint16(0, BITS.getUint16(6, true), true);
  },
  f32: (value) => BITS.setFloat32(0, value, true),
  f64: (value) => BITS.setFloat64(0, value, true),
};

const READ: Readonly<Record<DType, () => number>> = {
  bool: () => BITS.getUint8(0),
  i8: () => BITS.getInt8(0),
  u8: () => BITS.getUint8(0),
  i16: () => BITS.getInt16(0, true),
  i32: () => BITS.getInt32(0, true),
  u32: () => BITS.getUint32(0, true),
  i64: () => Number(BITS.getBigInt64(0, true)),
  f16: () => halfValue(BITS.getUint16(0, true)),
  bf16: () => {
    BITS.setUint32(4, BITS.getUint16(0, true) << 16, true);
    return BITS.getFloat32(4, true);
  },
  f32: () => BITS.getFloat32(0, true),
  f64: () => BITS.getFloat64(0, true),
};

function halfValue(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** The bits of a number that is a float16 already. */
function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size === Infinity) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | Math.round(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | ((exponent + 15) << 10) | Math.round((size / 2 ** exponent - 1) * 1024);
}

/** The same bits under a dtype of the same size. */
export const bitcast: Op = {
  name: "bitcast",
  params: { x: "operand", dtype: "dtype" },
  infer(source, context) {
    const dtype = dtypeOf(source, context);
    const given = source.args.x!;
    if (!dtype) return null;
    if (!isOperand(given.type))
      return context.fail(problems.cannotConvert(source.span, { from: given.type, to: dtype }, context.origins(given)));
    const x = decay(given, context);
    if (!x || !isNumbers(x.type)) return null;
    // A bool has one bit, which takes a byte only in memory.
    if (DTYPES[x.type.dtype].bytes !== DTYPES[dtype].bytes || (x.type.dtype === "bool") !== (dtype === "bool"))
      return context.fail(problems.bitcastSize(source.span, { from: x.type, to: dtype }, context.origins(given)));
    return {
      kind: "op",
      op: "bitcast",
      args: { x },
      attrs: { dtype },
      type: tile(dtype, x.type.shape),
      span: source.span,
    };
  },
  emit: ({ x }, { args, attrs }) =>
    method(materialize(x!, args.x!.type), "to", [dtypeText(attrs.dtype as DType)], { bitcast: "True" }),
  evaluate({ x }, { args, attrs }) {
    const from = (args.x!.type as TileType).dtype;
    const to = attrs.dtype as DType;
    const read = (value: number): number => {
      WRITE[from](value);
      return READ[to]();
    };
    return { shape: x!.shape, data: x!.data.map(read) };
  },
};
