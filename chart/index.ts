/** Small charts as SVG, drawn by Apache ECharts, and SVG as PNG. */

export { type HeatCell, type HeatMap, type HeatPanel, heatMap } from "./heat-map.js";
export { type Axis, type LineChart, lineChart, type Point, type Series } from "./line-chart.js";
export { toPng } from "./png.js";
