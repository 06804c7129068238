import { type AccessSite, type CpuKernelInfo, TRACE } from "../../../compiler/backends/wasm/index.js";
import { DTYPES, type DType, isFloat, wrapped } from "../../../compiler/ir/index.js";
import type { PrintedValue } from "./queue.js";
import { tracedLines } from "./traced.js";

/** Lines as Triton's kernels print them: `pid (1, 0, 0) idx ( 3) total: 0.500000`; values that are traced are taken together. */
export function printedLines({ sites }: CpuKernelInfo, printed: readonly PrintedValue[]): string[] {
  const lines: string[] = [];
  for (let at = 0; at < printed.length; ) {
    const [number, ...rest] = printed[at]!;
    const site = sites[number]!;
    if (site.op !== TRACE) {
      lines.push(line(site, ...rest));
      at += 1;
      continue;
    }
    const count = site.values![0]!.shape.reduce((product, size) => product * size, 1);
    lines.push(...tracedLines(site, printed.slice(at, at + count)));
    at += count;
  }
  return lines;
}

function line(site: AccessSite, number: number, element: number, value: number | bigint, program: readonly number[]) {
  const { hex = false, values = [] } = site;
  const pid = `pid (${program.join(", ")})`;
  const text = prefixOf(site);
  if (values.length === 0) return pid + text;
  const { dtype, shape } = values[number]!;
  const index = indexOf(element, shape).map((at, axis) => String(at).padStart(Math.ceil(Math.log10(shape[axis]!))));
  const operand = values.length > 1 ? `(operand ${number}) ` : "";
  return `${pid} idx (${index.join(", ")})${text}${operand}${(hex ? hexText : numberText)(value, dtype)}`;
}

/** What stands before a value: Triton ends it with a colon, and parts it from what stands before (`device_print` of its semantic.py). */
function prefixOf({ text = "", values = [] }: AccessSite): string {
  let prefix = text;
  if (values.length > 0) {
    if (!prefix.endsWith(" ")) prefix += " ";
    if (!prefix.endsWith(": ")) prefix = `${prefix.slice(0, -1)}: `;
  }
  return prefix.length > 2 && !prefix.startsWith(" ") ? ` ${prefix}` : prefix;
}

/** The indices of an element by its number in row-major order. */
export function indexOf(element: number, shape: readonly number[]): number[] {
  let rest = element;
  return shape.map((_size, axis) => {
    const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
    const at = Math.floor(rest / inner);
    rest %= inner;
    return at;
  });
}

/** What C calls numbers that are none. */
const notFinite = (value: number): string => (Number.isNaN(value) ? "nan" : value < 0 ? "-inf" : "inf");

/** C's %f, and %i or %u. */
function numberText(value: number | bigint, dtype: DType): string {
  if (!isFloat(dtype)) return String(wrapped(dtype, BigInt(value)));
  const number = Number(value);
  if (!Number.isFinite(number)) return notFinite(number);
  const [sign, mantissa, exponent] = partsOf(number);
  const millionths = mantissa * 1_000_000n;
  const digits = (exponent < 0 ? halved(millionths, -exponent) : millionths << BigInt(exponent)).toString();
  const padded = digits.padStart(7, "0");
  return `${sign}${padded.slice(0, -6)}.${padded.slice(-6)}`;
}

/** x / 2^bits, to the nearest integer and of two the even one: as C rounds what it prints, and toFixed does not. */
function halved(x: bigint, bits: number): bigint {
  const below = x >> BigInt(bits);
  const [rest, half] = [x - (below << BigInt(bits)), 1n << BigInt(bits - 1)];
  return rest > half || (rest === half && below % 2n === 1n) ? below + 1n : below;
}

/** C's %a, and %x with the digits that the dtype has. */
function hexText(value: number | bigint, dtype: DType): string {
  if (isFloat(dtype)) return hexFloat(Number(value));
  const bits = Math.max(32, DTYPES[dtype].bytes * 8);
  const digits = dtype === "bool" ? 0 : DTYPES[dtype].bytes * 2;
  return `0x${BigInt.asUintN(bits, BigInt(value)).toString(16).padStart(digits, "0")}`;
}

function hexFloat(value: number): string {
  if (!Number.isFinite(value)) return notFinite(value);
  const [sign, mantissa, exponent] = partsOf(value);
  if (mantissa === 0n) return `${sign}0x0p+0`;
  const [whole, fraction] = [mantissa >> 52n, mantissa & ((1n << 52n) - 1n)];
  const digits = fraction.toString(16).padStart(13, "0").replace(/0+$/, "");
  const power = exponent + 52;
  return `${sign}0x${whole}${digits === "" ? "" : `.${digits}`}p${power < 0 ? "" : "+"}${power}`;
}

/** A double as sign, an integer of 53 bits and the power of two that it is multiplied by. */
function partsOf(value: number): [sign: string, mantissa: bigint, exponent: number] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n);
  return [bits >> 63n === 1n ? "-" : "", mantissa, Math.max(exponent, 1) - 1075];
}
