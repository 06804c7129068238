/** Tables whose cells are coloured from bad to good. */

import { axisText, drawing, heading, INK, MARGIN, WIDTH } from "./drawing.js";
import { printable, wrapped } from "./text.js";

export interface HeatCell {
  /** 0 (bad) to 1 (good); undefined draws a grey cell. */
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
  /** Two beside each other where their columns have room. */
  readonly panels: readonly HeatPanel[];
  /** What the colours of 0 and 1 mean. */
  readonly legend: { readonly low: string; readonly high: string };
}

/** Bad to good, through a light middle: red and blue differ to the colour-blind, and every cell has its number. */
const SCALE = ["#b2362e", "#e98a5c", "#fae9b1", "#81b7d1", "#2667a8"] as const;

const CELL = { least: 48, most: 78, height: 42 } as const;
const PANEL = { left: 64, right: 14, below: 60, mark: 20 } as const;
const LEGEND = { width: 220, height: 14, room: 30 } as const;

/** Text on a colour is white at either end. */
const inkOn = (share: number): string => (share < 0.12 || share > 0.9 ? "#ffffff" : INK.text);

/** An SVG with every panel, a title and a legend. */
export function heatMap({ title, subtitle, columnsLabel, rowsLabel, panels, legend }: HeatMap): string {
  const most = Math.max(1, ...panels.map(({ columns }) => columns.length));
  const room = (across: number): number => ((WIDTH - 2 * MARGIN) / across - PANEL.left - PANEL.right) / most;
  const across = panels.length > 1 && room(2) >= CELL.least ? 2 : 1;
  const cell = Math.min(CELL.most, Math.max(CELL.least, room(across)));
  const width = Math.max(WIDTH, 2 * MARGIN + PANEL.left + most * cell + PANEL.right);
  const head = heading(MARGIN, MARGIN, width - 2 * MARGIN, title, subtitle);
  const step = (width - 2 * MARGIN) / across;
  const drawn: Drawn[] = [];
  let top = MARGIN + head.height + 18;
  for (let first = 0; first < panels.length; first += across) {
    const row = panels.slice(first, first + across);
    const named = row.map((one, index) => {
      const left = MARGIN + index * step + PANEL.left;
      return { one, left, name: heading(left, top, step - PANEL.left - PANEL.right, one.title, one.subtitle, 16) };
    });
    // Neighbours' cells are level.
    const marks = row.some(({ mark }) => mark) ? PANEL.mark : 0;
    const cells = top + Math.max(...named.map(({ name }) => name.height)) + 6 + marks;
    drawn.push(...named.map((panel) => ({ ...panel, top: cells, cell })));
    top = cells + Math.max(...row.map(({ rows }) => rows.length)) * CELL.height + PANEL.below;
  }
  const box = ({ one, left, top, cell }: Drawn) => ({
    ...{ left, top, width: Math.max(1, one.columns.length * cell), height: Math.max(1, one.rows.length * CELL.height) },
    ...{ show: true, backgroundColor: "#f7f8fa", borderWidth: 0, outerBoundsMode: "none" },
  });
  return drawing(title, width, top + LEGEND.room + MARGIN, {
    title: [head.option, ...drawn.map(({ name }) => name.option)],
    grid: drawn.map(box),
    xAxis: drawn.map(({ one }, index) => category(index, one.columns, columnsLabel, 30)),
    yAxis: drawn.map(({ one }, index) => ({ ...category(index, one.rows, rowsLabel, 50), inverse: true })),
    visualMap: {
      ...{ type: "continuous", min: 0, max: 1, show: true, orient: "horizontal", calculable: false, silent: true },
      ...{ left: MARGIN + PANEL.left, top, padding: 0, itemWidth: LEGEND.height, itemHeight: LEGEND.width },
      text: [legend.high, legend.low].map(printable),
      textStyle: { fontSize: 13, color: INK.quiet },
      inRange: { color: [...SCALE] },
    },
    series: drawn.map((panel, index) => table(panel, index)),
  });
}

interface Drawn {
  readonly one: HeatPanel;
  readonly left: number;
  readonly top: number;
  readonly cell: number;
  readonly name: ReturnType<typeof heading>;
}

function category(gridIndex: number, names: readonly string[], label: string, gap: number) {
  const { axisLabel, ...named } = axisText(label, gap);
  return {
    ...{ ...named, type: "category", gridIndex, data: names.map((_, index) => String(index)) },
    axisLabel: { ...axisLabel, interval: 0, formatter: (index: string) => printable(names[Number(index)]!) },
    ...{ axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: false } },
  };
}

function table({ one, left, top, cell }: Drawn, index: number) {
  const filled = one.cells.flatMap((row, r) => row.flatMap((each, c) => (each ? [{ each, r, c }] : [])));
  return {
    ...{ type: "heatmap", xAxisIndex: index, yAxisIndex: index, silent: true },
    itemStyle: { borderColor: "#ffffff", borderWidth: 2, borderRadius: 4 },
    data: filled.map(({ each: { share, text, note }, r, c }) => {
      const bare = share === undefined;
      const color = bare ? INK.quiet : inkOn(share);
      const big = { fontSize: bare ? 12 : 15, fontWeight: bare ? 400 : 700, color, lineHeight: bare ? 14 : 17 };
      const lines = [
        ...wrapped(text, cell - 4, big.fontSize).map((line) => ["big", line]),
        ...(note === undefined ? [] : [["small", printable(note)]]),
      ];
      return {
        value: [c, r, share ?? 0],
        ...(bare && { visualMap: false, itemStyle: { color: INK.bare } }),
        label: {
          show: true,
          // Braces would be read as the name of a style.
          formatter: lines.map(([style, line]) => `{${style}|${line!.replace(/[{}|]/g, " ")}}`).join("\n"),
          rich: { big, small: { fontSize: 12, color, lineHeight: 14 } },
        },
      };
    }),
    ...(one.mark && { markLine: marked(one.mark, left + one.mark.column * cell, top, one.rows.length) }),
  };
}

function marked({ text }: NonNullable<HeatPanel["mark"]>, x: number, top: number, rows: number) {
  const name = printable(text);
  return {
    ...{ silent: true, symbol: "none", lineStyle: { color: INK.text, width: 2, type: [5, 4] } },
    label: { show: true, position: "end", formatter: () => name, fontSize: 12, color: INK.quiet },
    data: [
      [
        { x, y: top + rows * CELL.height + 4 },
        { x, y: top - 5 },
      ],
    ],
  };
}
