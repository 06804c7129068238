/** Values of a kernel's variables as text, shortened as NumPy does it. */
import type { AccessSite } from "../../../compiler/backends/wasm/index.js";
import { type DType, isFloat, wrapped } from "../../../compiler/ir/index.js";
import { place, where } from "./errors.js";
import type { PrintedValue } from "./queue.js";

/** A tile of more elements than this is shortened: of each axis the first and the last few are shown. */
const MOST = 1000;
const EDGE = 3;
const WIDTH = 100;
/** Digits of a float that are shown. */
const DIGITS = 6;

/** A program in a clone runs the sources, and the command that runs it what was built of them: both count in one place. */
const TRACED = Symbol.for("tilescript.traced");
const counter = globalThis as { [TRACED]?: number };

/** How many values were traced in this process: `tilescript run` tells where there were none. */
export const tracedValues = (): number => counter[TRACED] ?? 0;

/** `row: f32[1024] at softmax.kernel.ts:15:3 in program (0, 0, 0)`, and the numbers below. */
export function tracedLines(site: AccessSite, printed: readonly PrintedValue[]): string[] {
  counter[TRACED] = tracedValues() + 1;
  const { dtype, shape } = site.values![0]!;
  const values = printed.map(([, , , value]) => value);
  const program = printed[0]![4];
  const size = shape.length === 0 ? "" : `[${shape.join(", ")}]`;
  const head = `${site.text}: ${dtype}${size} at ${place(site.span)} ${where(program)}`;
  return [head, ...arrayText(values, shape, dtype).split("\n")];
}

type Value = number | bigint;

/** Where to look along an axis; null stands for what is left out. */
const shown = (size: number, short: boolean): readonly (number | null)[] => {
  if (!short || size <= 2 * EDGE) return Array.from({ length: size }, (_, at) => at);
  const first = Array.from({ length: EDGE }, (_, at) => at);
  return [...first, null, ...first.map((at) => size - EDGE + at)];
};

export function arrayText(values: readonly Value[], shape: readonly number[], dtype: DType): string {
  const short = values.length > MOST;
  const places = shape.map((size) => shown(size, short));
  const strides = shape.map((_size, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const picked: Value[] = [];
  const pick = (axis: number, start: number): void => {
    if (axis === shape.length) picked.push(values[start]!);
    else for (const at of places[axis]!) if (at !== null) pick(axis + 1, start + at * strides[axis]!);
  };
  pick(0, 0);
  const text = formatter(picked, dtype);
  const write = (axis: number, start: number, indent: string): string => {
    if (axis === shape.length) return text(values[start]!);
    const items = places[axis]!.map((at) =>
      at === null ? "..." : write(axis + 1, start + at * strides[axis]!, `${indent} `),
    );
    if (axis < shape.length - 1) return `[${items.join(`\n${indent} `)}]`;
    return `[${wrap(items, indent)}]`;
  };
  return write(0, 0, "");
}

/** A row of numbers, broken where it gets too long. */
function wrap(items: readonly string[], indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const item of items) {
    const longer = line === "" ? item : `${line} ${item}`;
    if (longer.length + indent.length + 2 > WIDTH && line !== "") {
      lines.push(line);
      line = item;
    } else line = longer;
  }
  return [...lines, line].join(`\n${indent} `);
}

/** How to write each number so that all take the same width: as few decimals as tell them apart, with powers of ten where they lie far apart. */
function formatter(values: readonly Value[], dtype: DType): (value: Value) => string {
  const write = writer(values, dtype);
  const width = Math.max(...values.map((value) => write(value).length));
  return (value) => write(value).padStart(width);
}

const nameOf = (value: number): string => (Number.isNaN(value) ? "nan" : value < 0 ? "-inf" : "inf");

function writer(values: readonly Value[], dtype: DType): (value: Value) => string {
  if (dtype === "bool") return (value) => (Number(value) === 0 ? "false" : "true");
  if (!isFloat(dtype)) return (value) => String(wrapped(dtype, BigInt(value)));
  const sizes = values.map((value) => Math.abs(Number(value))).filter((size) => Number.isFinite(size) && size > 0);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const far = sizes.length > 0 && (most >= 1e8 || least < 1e-4 || most / least > 1e5);
  const finite = (value: number): string => {
    if (far && value !== 0) return value.toExponential(DIGITS - 1).replace(/\.?0+e/, "e");
    return value.toFixed(decimals);
  };
  const wanted = (value: number): number => (String(Number(value.toPrecision(DIGITS))).split(".")[1] ?? "").length;
  const decimals = far ? 0 : Math.min(8, Math.max(0, ...sizes.map(wanted)));
  return (value) => (Number.isFinite(Number(value)) ? finite(Number(value)) : nameOf(Number(value)));
}
