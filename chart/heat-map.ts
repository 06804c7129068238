/** Tables whose cells are coloured from bad to good. */

import { inkOn, shareColour } from "./colours.js";
import { drawing, element, group } from "./svg.js";
import { INK, label, textWidth, wrapped } from "./text.js";

export interface HeatCell {
  /** 0 (bad) to 1 (good); undefined draws a hatched cell. */
  readonly share: number | undefined;
  readonly text: string;
  /** A second, smaller line. */
  readonly note?: string;
}

export interface HeatPanel {
  readonly title: string;
  readonly subtitle?: string;
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  /** By row, then by column; undefined leaves a cell empty. */
  readonly cells: readonly (readonly (HeatCell | undefined)[])[];
  /** Draws a line before this column. */
  readonly mark?: { readonly column: number; readonly text: string };
}

export interface HeatMap {
  readonly title: string;
  readonly subtitle?: string;
  readonly columnsLabel: string;
  readonly rowsLabel: string;
  readonly panels: readonly HeatPanel[];
  /** Panels side by side. */
  readonly across: number;
  /** What the colours of 0 and 1 mean, and the colour between. */
  readonly legend: { readonly label: string; readonly low: string; readonly high: string };
}

const CELL = { width: 74, height: 44, gap: 2 } as const;
const PANEL = { left: 62, bottom: 46, right: 26, line: 15, title: 19 } as const;
const MARGIN = 24;
const LEGEND = { width: 220, height: 12 } as const;

/** An SVG with every panel, a title and a legend. */
export function heatMap(map: HeatMap): string {
  const subtitles = wrapped(map.subtitle ?? "", Math.max(420, panelsWidth(map)), 12).filter((line) => line !== "");
  const top = MARGIN + 22 + subtitles.length * 16 + 14;
  const rows = Math.ceil(map.panels.length / map.across);
  const parts: string[] = [
    label(MARGIN, MARGIN + 14, map.title, { size: 19, bold: true }),
    ...subtitles.map((line, index) => label(MARGIN, MARGIN + 36 + index * 16, line, { colour: INK.quiet })),
  ];
  let y = top;
  for (let row = 0; row < rows; row++) {
    const panels = map.panels.slice(row * map.across, (row + 1) * map.across);
    const titles = Math.max(...panels.map((one) => titleHeight(one)));
    let x = MARGIN;
    for (const one of panels) {
      parts.push(group(x, y, panel(one, map, titles)));
      x += panelWidth(one);
    }
    y += Math.max(...panels.map((one) => titles + one.rows.length * CELL.height)) + PANEL.bottom + 14;
  }
  parts.push(group(MARGIN + PANEL.left, y, legend(map)));
  const titleWidth = Math.max(
    textWidth(map.title, 19) * 1.05,
    ...subtitles.map((line) => textWidth(line)),
    LEGEND.width + textWidth(map.legend.label) + PANEL.left + 60,
  );
  const width = Math.max(panelsWidth(map), titleWidth) + 2 * MARGIN;
  return drawing(width, y + 44 + MARGIN, map.title, fillings, ...parts);
}

/** What cells and the legend are filled with: stripes for a cell without share, and the colours from 0 to 1. */
const fillings = element(
  "defs",
  {},
  element(
    "linearGradient",
    { id: "shares" },
    ...[0, 0.25, 0.5, 0.75, 1].map((offset) => element("stop", { offset, "stop-color": shareColour(offset) })),
  ),
  element(
    "pattern",
    { id: "hatched", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    element("rect", { width: 7, height: 7, fill: "#eceff2" }),
    element("rect", { width: 3, height: 7, fill: "#d7dde3" }),
  ),
);

/** Width of a panel's table, or of its title where that is wider. */
const innerWidth = ({ columns, title }: HeatPanel): number =>
  Math.max(columns.length * CELL.width, textWidth(title, 14) * 1.08, 150);

const panelWidth = (one: HeatPanel): number => PANEL.left + innerWidth(one) + PANEL.right;

function panelsWidth({ panels, across }: HeatMap): number {
  const rows = Array.from({ length: Math.ceil(panels.length / across) }, (_, row) =>
    panels.slice(row * across, (row + 1) * across).reduce((sum, one) => sum + panelWidth(one), 0),
  );
  return Math.max(...rows);
}

const subtitleLines = (one: HeatPanel): readonly string[] =>
  one.subtitle ? wrapped(one.subtitle, innerWidth(one), 11) : [];

const titleHeight = (one: HeatPanel): number =>
  PANEL.title + subtitleLines(one).length * PANEL.line + (one.mark ? PANEL.line : 0);

/** One table, its title `titles` high, so that neighbours' cells are level. */
function panel(one: HeatPanel, { columnsLabel, rowsLabel }: HeatMap, titles: number): string {
  const width = one.columns.length * CELL.width;
  const height = one.rows.length * CELL.height;
  const cells = one.cells.flatMap((row, r) => row.map((cell, c) => (cell ? drawn(cell, c, r) : "")));
  return [
    label(PANEL.left, 8, one.title, { size: 14, bold: true }),
    ...subtitleLines(one).map((line, index) =>
      label(PANEL.left, 8 + PANEL.line * (index + 1), line, { size: 11, colour: INK.quiet }),
    ),
    group(
      PANEL.left,
      titles,
      element("rect", { width, height, fill: "#f7f8fa" }),
      ...cells,
      ...(one.mark ? [marked(one.mark, height)] : []),
      ...one.rows.map((name, r) => label(-8, (r + 0.5) * CELL.height + 4, name, { anchor: "end", colour: INK.text })),
      ...one.columns.map((name, c) => label((c + 0.5) * CELL.width, height + 17, name, { anchor: "middle" })),
      label(width / 2, height + 36, columnsLabel, { anchor: "middle", size: 11, colour: INK.quiet }),
      label(-48, height / 2, rowsLabel, { anchor: "middle", size: 11, colour: INK.quiet, rotate: -90 }),
    ),
  ].join("");
}

function drawn({ share, text, note }: HeatCell, column: number, row: number): string {
  const x = column * CELL.width;
  const y = row * CELL.height;
  const ink = share === undefined ? INK.quiet : inkOn(share);
  const middle = x + CELL.width / 2;
  const box = element("rect", {
    x: x + CELL.gap / 2,
    y: y + CELL.gap / 2,
    width: CELL.width - CELL.gap,
    height: CELL.height - CELL.gap,
    rx: 3,
    fill: share === undefined ? "url(#hatched)" : shareColour(share),
  });
  const main = {
    anchor: "middle",
    bold: share !== undefined,
    size: share === undefined ? 11 : 14,
    colour: ink,
  } as const;
  const lines =
    note === undefined
      ? [label(middle, y + CELL.height / 2 + 5, text, main)]
      : [
          label(middle, y + CELL.height / 2 - 1, text, main),
          label(middle, y + CELL.height / 2 + 14, note, { anchor: "middle", size: 10.5, colour: ink }),
        ];
  return box + lines.join("");
}

function marked({ column, text }: NonNullable<HeatPanel["mark"]>, height: number): string {
  const x = column * CELL.width;
  const dashed = {
    x1: x,
    x2: x,
    y1: -5,
    y2: height + 4,
    stroke: INK.text,
    "stroke-width": 1.5,
    "stroke-dasharray": "4 3",
  };
  return element("line", dashed) + label(x, -9, text, { anchor: "middle", size: 10.5, colour: INK.quiet });
}

function legend({ legend: { label: text, low, high } }: HeatMap): string {
  return [
    element("rect", { width: LEGEND.width, height: LEGEND.height, rx: 2, fill: "url(#shares)" }),
    label(0, LEGEND.height + 15, low, { size: 11, colour: INK.quiet }),
    label(LEGEND.width, LEGEND.height + 15, high, { size: 11, colour: INK.quiet, anchor: "end" }),
    label(LEGEND.width + 14, LEGEND.height - 1, text, { size: 12, colour: INK.quiet }),
  ].join("");
}
