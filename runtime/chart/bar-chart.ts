/** Horizontal bars in groups: a few figures side by side, each written at its bar's end. */

import { type Axis, ruler } from "./axis.js";
import { seriesColour } from "./colours.js";
import { drawing, element, group } from "./svg.js";
import { INK, label, textWidth, wrapped } from "./text.js";

export interface Bar {
  /** Bars of one name have one colour, which the legend tells. */
  readonly name: string;
  readonly value: number;
  /** Default: the value as the axis writes it. */
  readonly text?: string;
}

export interface BarChart {
  readonly title: string;
  readonly subtitle?: string;
  readonly axis: Axis;
  readonly groups: readonly { readonly label: string; readonly bars: readonly Bar[] }[];
  /** Bounds: dashed lines across all bars. */
  readonly references?: readonly { readonly name: string; readonly value: number }[];
  readonly width?: number;
}

const BAR = { height: 18, gap: 4, between: 16 } as const;

/** An SVG as high as its bars need. */
export function barChart(chart: BarChart): string {
  const { width = 760, groups, references = [], axis } = chart;
  const names = [...new Set(groups.flatMap(({ bars }) => bars.map(({ name }) => name)))];
  const subtitles = wrapped(chart.subtitle ?? "", width - 48).filter((line) => line !== "");
  const left = 24 + Math.max(...groups.map((one) => textWidth(one.label)), 30) + 14;
  const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value));
  const format = axis.format ?? ((value: number) => Number(value.toPrecision(3)).toLocaleString("en-US"));
  const written = (bar: Bar): string => bar.text ?? format(bar.value);
  const room = Math.max(...groups.flatMap(({ bars }) => bars.map((bar) => textWidth(written(bar)))), 0) + 14;
  const plot = width - left - room - 24;
  const scale = ruler(axis, [...values, ...references.map(({ value }) => value)], Math.floor(plot / 90));
  const place = (value: number): number => Math.min(1, Math.max(0, scale.place(value) || 0)) * plot;
  const top = 58 + subtitles.length * 16 + (names.length > 1 ? 22 : 0) + (references.length > 0 ? 16 : 0);
  const parts: string[] = [];
  const texts: string[] = [];
  let y = 0;
  for (const { label: text, bars } of groups) {
    const height = bars.length * (BAR.height + BAR.gap) - BAR.gap;
    parts.push(label(-12, y + height / 2 + 4, text, { anchor: "end" }));
    for (const bar of bars) {
      const length = Math.max(1, place(bar.value));
      texts.push(label(length + 6, y + 13.5, written(bar), { size: 11.5, halo: true }));
      parts.push(
        element("rect", { y, width: length, height: BAR.height, rx: 2, fill: seriesColour(names.indexOf(bar.name)) }),
      );
      y += BAR.height + BAR.gap;
    }
    y += BAR.between;
  }
  const height = y - BAR.between;
  const grid = scale.ticks.flatMap(({ at, text }) => [
    element("line", { x1: at * plot, x2: at * plot, y1: -4, y2: height + 4, stroke: INK.grid }),
    label(at * plot, height + 20, text, { anchor: "middle", size: 11, colour: INK.quiet }),
  ]);
  const bounds = references.flatMap(({ name, value }) => {
    const x = place(value);
    const dashed = { stroke: INK.text, "stroke-width": 1.25, "stroke-dasharray": "3 3" };
    const late = x > plot * 0.7;
    return [
      element("line", { x1: x, x2: x, y1: -8, y2: height + 4, ...dashed }),
      label(x + (late ? 4 : -4), -12, name, { size: 11, colour: INK.quiet, anchor: late ? "end" : "start" }),
    ];
  });
  return drawing(
    width,
    top + height + 62,
    chart.title,
    label(24, 34, chart.title, { size: 18, bold: true }),
    ...subtitles.map((line, index) => label(24, 55 + index * 16, line, { colour: INK.quiet })),
    ...(names.length > 1 ? [legend(names, left, 58 + subtitles.length * 16)] : []),
    group(
      left,
      top,
      ...grid,
      ...parts,
      ...bounds,
      ...texts,
      label(plot / 2, height + 42, axis.label, { anchor: "middle", colour: INK.quiet }),
    ),
  );
}

function legend(names: readonly string[], x: number, y: number): string {
  let at = 0;
  const entries = names.map((name, index) => {
    const entry =
      element("rect", { x: at, y: -9, width: 12, height: 12, rx: 2, fill: seriesColour(index) }) +
      label(at + 18, 1, name);
    at += 18 + textWidth(name) + 22;
    return entry;
  });
  return group(x, y, ...entries);
}
