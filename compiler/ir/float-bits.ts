import { DTYPES, type DType, type FloatFormat } from "./dtype.js";

const formatOf = (dtype: DType): FloatFormat => DTYPES[dtype].float!;
const biasOf = ({ exponent }: FloatFormat): number => 2 ** (exponent - 1) - 1;

/** A number as a float dtype holds it, rounded to the nearest, ties to even. */
export function roundFloat(dtype: DType, value: number): number {
  if (dtype === "f64") return value;
  if (dtype === "f32") return Math.fround(value);
  if (!Number.isFinite(value) || value === 0) return value;
  const format = formatOf(dtype);
  const magnitude = Math.abs(value);
  const step = 2 ** (Math.max(exponentOf(magnitude), 1 - biasOf(format)) - format.fraction);
  const rounded = roundHalfEven(magnitude / step) * step;
  return Math.sign(value) * (rounded > greatestFloat(dtype) ? Infinity : rounded);
}

/** The greatest finite number of a float dtype. */
export function greatestFloat(dtype: DType): number {
  const format = formatOf(dtype);
  return (2 - 2 ** -format.fraction) * 2 ** biasOf(format);
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
  const infinite = (2 ** format.exponent - 1) * scale;
  const sign = value < 0 || Object.is(value, -0) ? 2 ** (format.exponent + format.fraction) : 0;
  if (Number.isNaN(value)) return infinite + scale / 2;
  const size = Math.abs(roundFloat(dtype, value));
  if (size === Infinity) return sign + infinite;
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
  if (exponent === 2 ** format.exponent - 1) return fraction ? Number.NaN : sign * Infinity;
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
