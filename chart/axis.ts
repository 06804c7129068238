/** From values to places on a drawing, and the ticks between. */

export interface Axis {
  readonly label: string;
  /** log2 suits sizes that double, log10 everything else over several decades. Default linear. */
  readonly scale?: "linear" | "log2" | "log10";
  /** Default: from the data; linear axes then start at 0. */
  readonly min?: number;
  readonly max?: number;
  /** Text of a tick. Default: the number, shortened. */
  readonly format?: (value: number) => string;
}

export interface Ruler {
  /** Place of a value, from 0 at the axis' start to 1 at its end; outside for values outside; NaN where it cannot be drawn. */
  readonly place: (value: number) => number;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

const BASES = { log2: 2, log10: 10 } as const;

/** An axis for these values. Logarithmic ones leave out what is not positive. */
export function ruler(axis: Axis, values: readonly number[], ticks = 6): Ruler {
  const { scale = "linear" } = axis;
  return scale === "linear" ? linear(axis, values, ticks) : logarithmic(axis, BASES[scale], values, ticks);
}

/** Beyond this the arithmetic of ticks overflows. */
const LARGEST = 1e300;

function linear({ min, max, format = shortNumber }: Axis, values: readonly number[], count: number): Ruler {
  const usable = values.filter((value) => Math.abs(value) < LARGEST);
  const low = min ?? Math.min(0, ...usable);
  const top = max ?? Math.max(low, ...usable);
  const step = niceStep((top > low ? top - low : 1) / count);
  const high = max ?? Math.max(low + step, Math.ceil(top / step) * step);
  const first = Math.ceil(low / step);
  const found = Array.from(
    { length: Math.floor(high / step + 1e-9) - first + 1 },
    (_, index) => (first + index) * step,
  );
  return ruled((value) => (value - low) / (high - low), found, format);
}

/** 1, 2 or 5 times a power of ten: the least of them that is at least `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough * (1 - 1e-9))!;
}

function logarithmic(axis: Axis, base: number, values: readonly number[], count: number): Ruler {
  const { min, max, format = shortNumber } = axis;
  const usable = values.filter((value) => value > 0 && Number.isFinite(value));
  const log = (value: number): number => Math.log(value) / Math.log(base);
  const data = usable.length > 0 ? usable : [1];
  let low = log(min ?? Math.min(...data));
  let high = log(max ?? Math.max(...data));
  // A little air, but no further than the next power.
  const air = Math.max((high - low) * 0.04, 0.02);
  if (min === undefined) low = Math.max(low - air, Math.ceil(low - 1));
  if (max === undefined) high = Math.min(high + air, Math.floor(high + 1));
  if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
  const within = (exponent: number): boolean => exponent >= low - 1e-9 && exponent <= high + 1e-9;
  const powers = Array.from(
    { length: Math.floor(high) - Math.ceil(low) + 3 },
    (_, index) => Math.ceil(low) - 1 + index,
  );
  // Few powers of ten leave an axis bare: 2 and 5 between them help.
  const factors = base === 10 && powers.filter(within).length <= 3 ? [1, 2, 5] : [1];
  const found = powers
    .flatMap((power) => factors.map((factor) => factor * base ** power))
    .filter((value) => within(log(value)));
  const stride = Math.max(1, Math.ceil(found.length / (count + 4)));
  return ruled(
    (value) => (value > 0 ? (log(value) - low) / (high - low) : Number.NaN),
    found.filter((_, index) => index % stride === 0),
    format,
  );
}

/** So many lengths of the axis away from it, nothing has to be drawn. */
const FAR = 1000;

function ruled(where: (value: number) => number, ticks: readonly number[], format: (value: number) => string): Ruler {
  const place = (value: number): number => {
    const at = where(value);
    return Math.abs(at) < FAR ? at : Number.NaN;
  };
  return { place, ticks: ticks.map((value) => ({ at: place(value), text: format(value) })) };
}

/** 0.05, 1.5, 20, 3,000, 1.2e6. */
export function shortNumber(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential().replace("e+", "e");
  return Number(value.toPrecision(6)).toLocaleString("en-US", { maximumFractionDigits: 6 });
}
