/** Curves over linear or logarithmic axes, with lines for what bounds them. */

import { type Axis, type Ruler, ruler } from "./axis.js";
import { seriesColour } from "./colours.js";
import { drawing, element, group, polyline, turned } from "./svg.js";
import { INK, label, textWidth, wrapped } from "./text.js";

export type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  /** In any order; a point that is not finite, or not positive on a logarithmic axis, interrupts the line. */
  readonly points: readonly Point[];
  readonly dashed?: boolean;
  readonly colour?: string;
}

/** A bound, such as a roofline: a level over the whole width, a place over the whole height, or a line through points. */
export type Reference =
  | { readonly name: string; readonly y: number }
  | { readonly name: string; readonly x: number }
  | { readonly name: string; readonly points: readonly Point[] };

export interface LineChart {
  readonly title: string;
  readonly subtitle?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly references?: readonly Reference[];
  readonly width?: number;
  readonly height?: number;
}

const MARGIN = { left: 76, right: 30, bottom: 54 } as const;
const LEGEND = { line: 19, swatch: 22 } as const;

/** An SVG with curves, marks at their points, references dashed in grey, and a legend. */
export function lineChart(chart: LineChart): string {
  const { width = 760, height = 440, references = [] } = chart;
  const subtitles = wrapped(chart.subtitle ?? "", width - 48).filter((line) => line !== "");
  const entries = legendRows(chart.series, width - MARGIN.left - MARGIN.right);
  const top = 48 + subtitles.length * 16 + entries.length * LEGEND.line + 12;
  const plot = { width: width - MARGIN.left - MARGIN.right, height: height - top - MARGIN.bottom };
  const points = [...chart.series, ...references].flatMap((one) => ("points" in one ? one.points : []));
  const levels = references.flatMap((one) => ("y" in one ? [one.y] : []));
  const places = references.flatMap((one) => ("x" in one ? [one.x] : []));
  const x = ruler(chart.x, [...points.map(([at]) => at), ...places], Math.floor(plot.width / 90));
  const y = ruler(chart.y, [...points.map(([, at]) => at), ...levels], Math.floor(plot.height / 50));
  const at = ([px, py]: Point): Point => [x.place(px) * plot.width, (1 - y.place(py)) * plot.height];
  return drawing(
    width,
    height,
    chart.title,
    element(
      "clipPath",
      { id: "plot" },
      element("rect", { x: -6, y: -6, width: plot.width + 12, height: plot.height + 12 }),
    ),
    label(24, 34, chart.title, { size: 18, bold: true }),
    ...subtitles.map((line, index) => label(24, 55 + index * 16, line, { colour: INK.quiet })),
    group(MARGIN.left, 48 + subtitles.length * 16 + 10, ...entries.map((row, index) => legendRow(row, index))),
    group(
      MARGIN.left,
      top,
      axes(x, y, plot, chart),
      element(
        "g",
        { "clip-path": "url(#plot)" },
        ...references.map((one) => referenceLine(one, x, y, plot, at)),
        ...chart.series.map((one, index) => curve(one, seriesColour(index), at)),
      ),
      ...referenceNames(references, { x, y, plot, at, series: chart.series.flatMap((s) => s.points.map(at)) }),
    ),
  );
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function axes(x: Ruler, y: Ruler, { width, height }: Size, chart: LineChart): string {
  const inside = (ticks: Ruler["ticks"]) => ticks.filter(({ at }) => at >= -1e-9 && at <= 1 + 1e-9);
  return [
    ...inside(y.ticks).flatMap(({ at, text }) => {
      const level = (1 - at) * height;
      return [
        element("line", { x1: 0, x2: width, y1: level, y2: level, stroke: INK.grid }),
        label(-9, level + 4, text, { anchor: "end", size: 11, colour: INK.quiet }),
      ];
    }),
    ...inside(x.ticks).flatMap(({ at, text }) => [
      element("line", { x1: at * width, x2: at * width, y1: 0, y2: height, stroke: INK.grid }),
      label(at * width, height + 18, text, { anchor: "middle", size: 11, colour: INK.quiet }),
    ]),
    polyline(
      [
        [0, 0],
        [0, height],
        [width, height],
      ],
      { stroke: INK.line, "stroke-width": 1.5 },
    ),
    label(width / 2, height + 40, chart.x.label, { anchor: "middle", colour: INK.quiet }),
    label(-58, height / 2, chart.y.label, { anchor: "middle", colour: INK.quiet, rotate: -90 }),
  ].join("");
}

/** The parts of a line between points that cannot be drawn. */
function* unbroken(points: readonly Point[]): Generator<readonly Point[]> {
  let part: Point[] = [];
  for (const point of points) {
    if (point.every(Number.isFinite)) part.push(point);
    else {
      if (part.length > 0) yield part;
      part = [];
    }
  }
  if (part.length > 0) yield part;
}

function curve({ points, dashed, colour }: Series, fallback: string, at: (point: Point) => Point): string {
  const stroke = colour ?? fallback;
  const placed = points.toSorted((a, b) => a[0] - b[0]).map(at);
  const line = {
    stroke,
    "stroke-width": 2.25,
    "stroke-linejoin": "round",
    "stroke-dasharray": dashed ? "6 4" : undefined,
  };
  return [...unbroken(placed)]
    .map(
      (part) =>
        polyline(part, line) +
        part.map(([cx, cy]) => element("circle", { cx, cy, r: 3.5, fill: stroke, stroke: "#fff" })).join(""),
    )
    .join("");
}

interface Placing {
  readonly x: Ruler;
  readonly y: Ruler;
  readonly plot: Size;
  readonly at: (point: Point) => Point;
  /** All points of the series, placed. */
  readonly series: readonly Point[];
}

const GREY_DASHES = { stroke: INK.quiet, "stroke-width": 1.25, "stroke-dasharray": "3 3" } as const;

function referenceLine(one: Reference, x: Ruler, y: Ruler, { width, height }: Size, at: (p: Point) => Point): string {
  if ("points" in one) return [...unbroken(one.points.map(at))].map((part) => polyline(part, GREY_DASHES)).join("");
  const [px, py] = "x" in one ? [x.place(one.x) * width, 0] : [0, (1 - y.place(one.y)) * height];
  const end: Point = "x" in one ? [px, height] : [width, py];
  return polyline([[px, py], end], GREY_DASHES);
}

const NAME = { size: 11, colour: INK.quiet, halo: true } as const;

/** A name on the drawing: its middle, how it is turned, and its baseline from there. */
interface Placed {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  readonly below: number;
}

/** All names of references. Those of curves move along their curve to where they are inside and lie on no other; where that is nowhere they go. */
function referenceNames(references: readonly Reference[], placing: Placing): string[] {
  const taken: Point[] = [];
  return references.map((one) => {
    if (!("points" in one)) return levelName(one, placing);
    const found = placesFor(one.points, placing).find((place) => {
      const { width, height } = placing.plot;
      return covered(one.name, place).every(
        ([px, py]) =>
          px >= 0 &&
          px <= width &&
          py >= 0 &&
          py <= height &&
          taken.every(([tx, ty]) => Math.hypot(px - tx, py - ty) > NAME.size + 2),
      );
    });
    if (!found) return "";
    taken.push(...covered(one.name, found));
    return turned(found.x, found.y, found.angle, label(0, found.below, one.name, { ...NAME, anchor: "middle" }));
  });
}

/** A level's name is at its right end, a place's at its top. */
function levelName(one: Exclude<Reference, { readonly points: unknown }>, { x, y, plot }: Placing): string {
  if ("x" in one) return label(x.place(one.x) * plot.width + 5, 12, one.name, NAME);
  return label(plot.width - 4, (1 - y.place(one.y)) * plot.height - 5, one.name, { ...NAME, anchor: "end" });
}

/** Where along a curve a name may be, from its middle outwards, first on the side where the series are not. */
function placesFor(points: readonly Point[], { plot, at, series }: Placing): Placed[] {
  const line = points.map(at).filter(([px, py]) => px >= 0 && px <= plot.width && py >= 0 && py <= plot.height);
  if (line.length < 2) return [];
  const above = series.filter(([px, py]) => py < heightAt(line, px)).length > series.length / 2;
  const near = above ? [15, -7] : [-7, 15];
  // Where lines all but coincide, a name may be a line of text further off.
  const sides = [near, near.map((below) => (below > 0 ? below + 14 : below - 14))];
  const [start, end] = [line[0]![0], line.at(-1)![0]];
  return sides.flatMap((offsets) =>
    SHARES.flatMap((share): Placed[] => {
      const middle = start + (end - start) * share;
      const next = Math.max(
        1,
        line.findIndex(([px]) => px >= middle),
      );
      const [from, to] = [line[next - 1]!, line[next]!];
      const angle = (Math.atan2(to[1] - from[1], to[0] - from[0]) * 180) / Math.PI;
      return offsets.map((below) => ({ x: middle, y: heightAt(line, middle), angle, below }));
    }),
  );
}

const SHARES = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9] as const;

/** Points along the middle of a name, a letter's height apart at the most. */
function covered(name: string, { x, y, angle, below }: Placed): Point[] {
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  const width = textWidth(name, NAME.size);
  const steps = Math.max(1, Math.ceil(width / NAME.size));
  const level = below - NAME.size / 3;
  return Array.from({ length: steps + 1 }, (_, index) => {
    const along = (index / steps - 0.5) * width;
    return [x + along * cos - level * sin, y + along * sin + level * cos];
  });
}

/** Where a line through points is at `x`; beyond its ends as at them. */
function heightAt(line: readonly Point[], x: number): number {
  const next = line.findIndex(([px]) => px >= x);
  if (next <= 0) return line.at(next)![1];
  const [[x0, y0], [x1, y1]] = [line[next - 1]!, line[next]!];
  return x1 > x0 ? y0 + ((y1 - y0) * (x - x0)) / (x1 - x0) : y1;
}

interface Entry {
  readonly name: string;
  readonly colour: string;
  readonly dashed: boolean;
  readonly x: number;
}

function legendRows(series: readonly Series[], width: number): readonly (readonly Entry[])[] {
  const rows: Entry[][] = [[]];
  let x = 0;
  for (const [index, { name, colour, dashed = false }] of series.entries()) {
    const room = LEGEND.swatch + 6 + textWidth(name) + 22;
    if (x > 0 && x + room > width) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1)!.push({ name, colour: colour ?? seriesColour(index), dashed, x });
    x += room;
  }
  return rows.filter((row) => row.length > 0);
}

const legendRow = (row: readonly Entry[], index: number): string =>
  group(
    0,
    index * LEGEND.line,
    ...row.map(({ name, colour, dashed, x }) => {
      const line = { x1: x, x2: x + LEGEND.swatch, y1: 0, y2: 0, stroke: colour, "stroke-width": 2.25 };
      return (
        element("line", { ...line, "stroke-dasharray": dashed ? "6 4" : undefined }) +
        element("circle", { cx: x + LEGEND.swatch / 2, cy: 0, r: 3.5, fill: colour }) +
        label(x + LEGEND.swatch + 6, 4, name)
      );
    }),
  );
