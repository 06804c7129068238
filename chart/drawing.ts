/** What Apache ECharts makes of a description: an SVG, the same for the same input. */

import { HeatmapChart, LineChart } from "echarts/charts";
import {
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  VisualMapContinuousComponent,
} from "echarts/components";
import { type EChartsCoreOption, init, setPlatformAPI, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { FAMILY, printable, textWidth, wrapped } from "./text.js";

use([
  ...[HeatmapChart, LineChart, GridComponent, LegendComponent],
  ...[MarkLineComponent, TitleComponent, VisualMapContinuousComponent, SVGRenderer],
]);
// There is no canvas to measure with.
setPlatformAPI({
  measureText: (text, font = "") => ({ width: textWidth(text, Number(/([\d.]+)px/.exec(font)?.[1] ?? 12)) }),
});

/** What a page of README.md shows unscaled: letters keep their size there. */
export const WIDTH = 800;
export const MARGIN = 24;
export const INK = { text: "#1f2933", quiet: "#52606d", line: "#9aa5b1", grid: "#e4e7eb", bare: "#e9ecef" } as const;

/** One or more lines of text as ECharts' title, and the height that they take. */
export function heading(left: number, top: number, width: number, title: string, subtitle = "", size = 20) {
  const small = Math.max(12, size - 6);
  const [big, below] = [wrapped(title, width / 1.05, size), wrapped(subtitle, width, small)];
  const style = (fontSize: number, color: string) => ({ fontSize, lineHeight: fontSize + 5, color });
  return {
    height: big.length * (size + 5) + below.length * (small + 5),
    option: {
      left,
      top,
      padding: 0,
      itemGap: 0,
      text: big.join("\n"),
      textStyle: { ...style(size, INK.text), fontWeight: 700 },
      subtext: below.join("\n"),
      subtextStyle: style(small, INK.quiet),
    },
  };
}

/** The name of an axis, and its labels. */
export const axisText = (name: string, nameGap: number) => ({
  name: printable(name),
  nameLocation: "middle",
  nameGap,
  nameTextStyle: { fontSize: 13, color: INK.quiet },
  axisLabel: { fontSize: 13, color: INK.quiet },
});

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** What is there for a mouse alone, or drawn in nothing. Its names count all drawings of the process, which makes no two the same. */
const UNSEEN = [
  / (?:class="zr\d+-cls-\d+"|ecmeta_\w+="[^"]*"|pointer-events="visible")/g,
  /<style\b.*?<\/style>\n?/gs,
  /<path (?:(?!stroke=)[^>])*fill="none"(?:(?!stroke=)[^>])*><\/path>\n?/g,
  /<path [^>]*fill-opacity="0"[^>]*><\/path>\n?/g,
];

/** An SVG on white; `title` is what a screen reader says. */
export function drawing(title: string, width: number, height: number, option: EChartsCoreOption): string {
  const size = { width: Math.ceil(width), height: Math.ceil(height) };
  const chart = init(null, null, { renderer: "svg", ssr: true, ...size });
  try {
    chart.setOption({ animation: false, backgroundColor: "#ffffff", textStyle: { fontFamily: FAMILY }, ...option });
    const name = printable(title).replace(/[&<>]/g, (one) => ENTITIES[one]!);
    const drawn = UNSEEN.reduce((text, what) => text.replace(what, ""), chart.renderToSVGString());
    return `${drawn
      .replace(/\bzr\d+-/g, "zr-")
      .replace("<svg ", '<svg role="img" ')
      .replace(">", () => `>\n<title>${name}</title>`)}\n`;
  } finally {
    chart.dispose();
  }
}
