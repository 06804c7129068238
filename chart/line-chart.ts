/** Curves over logarithmic or linear axes or hundredths, with dashed lines for what bounds them. */

import { axisText, drawing, heading, INK, MARGIN, WIDTH } from "./drawing.js";
import { wrapped } from "./text.js";

export type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  /** In any order. What an axis cannot show, such as 0, is left out (x) or interrupts the line (y). */
  readonly points: readonly Point[];
}

export interface Axis {
  readonly label: string;
  /** log2 suits sizes that double, log10 everything else over several decades, percent what goes from 0 to 100, linear what differs little. */
  readonly scale: "log2" | "log10" | "percent" | "linear";
  /** Text of a tick. Default: the number, shortened. */
  readonly format?: (value: number) => string;
}

export interface LineChart {
  readonly title: string;
  readonly subtitle?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Bounds, such as rooflines: dashed, without marks, and named in the legend like the rest. */
  readonly references?: readonly Series[];
  /** Pixels between the axes' ends. Default 380. */
  readonly plotHeight?: number;
}

/** Okabe and Ito's colours, which people with any kind of sight tell apart, without yellow, too light for a line on white. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#444444"] as const;
/** Told apart by their dashes alone. */
const DASHES = [
  [9, 4],
  [2, 3],
  [9, 3, 2, 3],
  [4, 4],
] as const;
const LEGEND = { swatch: 40, size: 13, line: 18, gap: 4 } as const;
const PLOT = { left: 78, right: 36, below: 62 } as const;

/** An SVG with curves, marks at their points, and a legend above. */
export function lineChart({ title, subtitle, x, y, series, references = [], plotHeight = 380 }: LineChart): string {
  const lines = [...series, ...references];
  const head = heading(MARGIN, MARGIN, WIDTH - 2 * MARGIN, title, subtitle);
  const names = lines.map(({ name }) =>
    wrapped(name, WIDTH - PLOT.left - PLOT.right - LEGEND.swatch - 12, LEGEND.size),
  );
  const legendHeight = names.reduce((sum, { length }) => sum + Math.max(1, length) * LEGEND.line + LEGEND.gap, 0);
  const top = MARGIN + head.height + 12 + legendHeight + 16;
  const all = lines.flatMap(({ points }) => points);
  return drawing(title, WIDTH, top + plotHeight + PLOT.below, {
    title: head.option,
    legend: {
      ...{ orient: "vertical", left: PLOT.left, top: MARGIN + head.height + 12, padding: 0, silent: true },
      ...{ itemWidth: LEGEND.swatch, itemHeight: 9, itemGap: LEGEND.gap, selectedMode: false },
      textStyle: { fontSize: LEGEND.size, lineHeight: LEGEND.line, color: INK.text },
      // Whatever two lines are called, they are two.
      data: lines.map((_, index) => ({
        name: String(index),
        ...(index >= series.length && { itemStyle: { opacity: 0 } }),
      })),
      formatter: (index: string) => names[Number(index)]!.join("\n"),
    },
    grid: { left: PLOT.left, right: PLOT.right, top, height: plotHeight, outerBoundsMode: "none" },
    xAxis: {
      ...axisText(x.label, 32),
      ...scale(
        x,
        all.map(([at]) => at),
      ),
    },
    yAxis: {
      ...axisText(y.label, 54),
      nameRotate: 90,
      ...scale(
        y,
        all.map(([, at]) => at),
      ),
    },
    series: lines.map(({ points }, index) => {
      const bound = index - series.length;
      const color = bound < 0 ? COLOURS[index % COLOURS.length] : INK.quiet;
      return {
        ...{ type: "line", name: String(index), silent: true, z: bound < 0 ? 3 : 2 },
        ...{ symbol: bound < 0 ? "circle" : "none", symbolSize: 8, showAllSymbol: true },
        itemStyle: { color },
        lineStyle: { color, width: bound < 0 ? 2.5 : 1.5, type: bound < 0 ? "solid" : DASHES[bound % DASHES.length] },
        data: points
          .filter(([at]) => fits(x, at))
          .toSorted(([a], [b]) => a - b)
          .map(([at, value]) => [at, fits(y, value) ? value : null]),
      };
    }),
  });
}

/** Beyond this, and below its inverse, the arithmetic of axes overflows. */
const LARGEST = 1e290;

const fits = ({ scale }: Axis, value: number): boolean =>
  scale === "percent"
    ? value >= 0 && value <= 100
    : scale === "linear"
      ? Math.abs(value) < LARGEST
      : value > 1 / LARGEST && value < LARGEST;

/** How an axis shows these values: it begins and ends at a tick, which are powers, and 2 and 5 between few powers of ten; or steps of these. */
function scale(axis: Axis, values: readonly number[]) {
  const { scale: kind, format = shortNumber } = axis;
  const lines = {
    axisLine: { show: true, lineStyle: { color: INK.line } },
    splitLine: { lineStyle: { color: INK.grid } },
  };
  const label = { fontSize: 13, color: INK.quiet, formatter: format };
  if (kind === "percent")
    return { ...lines, type: "value", min: 0, max: 100, interval: 20, axisLabel: label, axisTick: { show: false } };
  const usable = values.filter((value) => fits(axis, value));
  if (kind === "linear")
    return { ...lines, type: "value", ...linear(usable), axisLabel: label, axisTick: { show: false } };
  const logBase = kind === "log2" ? 2 : 10;
  const [low, high] = usable.length > 0 ? [Math.min(...usable), Math.max(...usable)] : [1, logBase];
  const exponent = (value: number): number => Math.round(Math.log(value) / Math.log(logBase));
  const powers = Array.from(
    { length: exponent(high) - exponent(low) + 5 },
    (_, index) => logBase ** (exponent(low) - 2 + index),
  );
  const factors = logBase === 10 && powers.length <= 8 ? [1, 2, 5] : [1];
  const all = powers.flatMap((power) => factors.map((factor) => Number((factor * power).toPrecision(12))));
  let [first, last] = [all.findLastIndex((tick) => tick <= low), all.findIndex((tick) => tick >= high)];
  if (first === last) [first, last] = [first - 1, last + 1];
  const stride = Math.ceil((last - first) / 11);
  const customValues = all.slice(first, last + 1).filter((_, index) => index % stride === 0);
  return {
    ...lines,
    ...{ type: "log", logBase, min: all[first], max: all[last] },
    axisLabel: { ...label, customValues },
    axisTick: { show: false, customValues },
  };
}

/** The ends of an axis around these values, some steps of 1, 2 or 5 times a power of ten apart. */
function linear(values: readonly number[]) {
  const [low, high] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const rough = (high - low || Math.abs(high) || 1) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const interval = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const at = (steps: number) => Number((steps * interval).toPrecision(12));
  const [first, last] = [Math.floor(low / interval), Math.ceil(high / interval)];
  return { min: at(first), max: at(last > first ? last : first + 1), interval };
}

/** 0.05, 1.5, 20, 3,000, 1.2e6. */
function shortNumber(value: number): string {
  if (value === 0) return "0";
  const short = Number(value.toPrecision(6));
  if (value >= 1e6 || value < 1e-3) return short.toExponential().replace("e+", "e");
  return short.toLocaleString("en-US", { maximumFractionDigits: 6 });
}
