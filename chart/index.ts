/** Small charts as SVG, and SVG as PNG. */

export type { Axis } from "./axis.js";
export { type HeatCell, type HeatMap, type HeatPanel, heatMap } from "./heat-map.js";
export { type LineChart, lineChart, type Point, type Reference, type Series } from "./line-chart.js";
export { toPng } from "./png.js";
