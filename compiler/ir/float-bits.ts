import { DTYPES, type DType, type FloatFormat, isFloat8 } from "./dtype.js";

const formatOf = (dtype: DType): FloatFormat => DTYPES[dtype].float!;
const biasOf = ({ exponent }: FloatFormat): number => 2 ** (exponent - 1) - 1;

/** Text that is another for each value: String takes −0 for 0. */
export const exactText = (value: unknown): string => (Object.is(value, -0) ? "-0" : String(value));

/**
 * A number as a float dtype holds it, rounded to the nearest, ties to even, or toward zero. What is too large becomes infinite, in 8 bits the
 * greatest number, as the GPU's conversions have it; toward zero only an infinity stays one.
 */
export function roundFloat(dtype: DType, value: number, toZero = false): number {
  if (!toZero && dtype === "f64") return value;
  if (!toZero && dtype === "f32") return Math.fround(value);
  if (Number.isNaN(value) || value === 0) return value;
  const magnitude = Math.abs(value);
  const greatest = greatestFloat(dtype);
  if (magnitude === Infinity) return isFloat8(dtype) && !toZero ? Math.sign(value) * greatest : value;
  const format = formatOf(dtype);
  const step = 2 ** (Math.max(exponentOf(magnitude), 1 - biasOf(format)) - format.fraction);
  const rounded = (toZero ? Math.floor : roundHalfEven)(magnitude / step) * step;
  const most = toZero || isFloat8(dtype) ? greatest : Infinity;
  return Math.sign(value) * (rounded > greatest ? most : rounded);
}

/** The greatest finite number of a float dtype. */
export function greatestFloat(dtype: DType): number {
  const { fraction, finite } = formatOf(dtype);
  const scale = 2 ** biasOf(formatOf(dtype));
  return finite ? (2 - 2 ** (1 - fraction)) * 2 * scale : (2 - 2 ** -fraction) * scale;
}

/** The power of two below: a logarithm may be off by one beside a power. */
function exponentOf(magnitude: number): number {
  const near = Math.floor(Math.log2(magnitude));
  return magnitude < 2 ** near ? near - 1 : magnitude >= 2 ** (near + 1) ? near + 1 : near;
}

function roundHalfEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

/** The bits of a number, rounded first, in a float dtype of at most 32 bits. */
export function floatBits(dtype: DType, value: number): number {
  const format = formatOf(dtype);
  const scale = 2 ** format.fraction;
  const special = (2 ** format.exponent - 1) * scale;
  const sign = value < 0 || Object.is(value, -0) ? 2 ** (format.exponent + format.fraction) : 0;
  if (Number.isNaN(value)) return special + (isFloat8(dtype) ? scale - 1 : scale / 2);
  const size = Math.abs(Math.abs(value) === Infinity && !format.finite ? value : roundFloat(dtype, value));
  if (size === Infinity) return sign + special;
  const least = 1 - biasOf(format);
  if (size < 2 ** least) return sign + (size / 2 ** least) * scale;
  const exponent = exponentOf(size);
  return sign + (exponent - least) * scale + (size / 2 ** exponent) * scale;
}

/** The number behind the bits of a float dtype of at most 32 bits. */
export function floatValue(dtype: DType, bits: number): number {
  const format = formatOf(dtype);
  const scale = 2 ** format.fraction;
  const sign = bits >= 2 ** (format.exponent + format.fraction) ? -1 : 1;
  const exponent = Math.floor(bits / scale) % 2 ** format.exponent;
  const fraction = bits % scale;
  if (exponent === 2 ** format.exponent - 1) {
    if (!format.finite) return fraction ? Number.NaN : sign * Infinity;
    if (fraction === scale - 1) return Number.NaN;
  }
  const least = 1 - biasOf(format) - format.fraction;
  return sign * (exponent === 0 ? fraction * 2 ** least : (scale + fraction) * 2 ** (least + exponent - 1));
}

/** Whether the host has a float dtype's elements as bits. */
export const isPacked = (dtype: DType): boolean => DTYPES[dtype].kind === "float" && DTYPES[dtype].bytes < 4;

/** A number as an array of a dtype takes it. Integers of 64 bits are bigints there. */
export function toElement(dtype: DType, value: number | bigint): number | bigint {
  if (isPacked(dtype)) return floatBits(dtype, Number(value));
  return DTYPES[dtype].kind !== "float" && DTYPES[dtype].bytes === 8 ? BigInt(value) : Number(value);
}

/** What an array of a dtype has, as a number. */
export const fromElement = (dtype: DType, element: number | bigint): number =>
  isPacked(dtype) ? floatValue(dtype, Number(element)) : Number(element);

/** An array of a dtype over memory. */
export const elementsOf = (dtype: DType, memory: ArrayBuffer, at = 0, count = 1): (number | bigint)[] =>
  new DTYPES[dtype].array(memory, at, count) as unknown as (number | bigint)[];
