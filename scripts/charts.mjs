// Draws the charts of bench/results again from their JSON: SVG, and PNG as pages show it.
//
//   node scripts/charts.mjs [NAME …]      a name is that of a JSON file, such as niah-nvidia-h200
import { readFileSync, writeFileSync } from "node:fs";
import { bringUpToDate } from "./dist.mjs";
import { at } from "./written-pages.mjs";

bringUpToDate();
const { longContextCharts } = await import("../dist/bench/long-context/index.js");
const { toPng } = await import("../dist/chart/index.js");
const { heatMapOf } = await import("../dist/eval/niah/index.js");

/** What rooflines follow from: the shape, and the bytes of weights that a step reads. */
const LLAMA = {
  name: "Llama-3.1-8B's shape, random weights",
  layers: 32,
  hidden: 4096,
  heads: 32,
  kvHeads: 8,
  headSize: 128,
  feedForward: 14336,
};
const SMOLLM = { layers: 30, hidden: 576, heads: 9, kvHeads: 3, headSize: 64, feedForward: 1536 };

const longContext = (shape, bytes) => (results) => {
  const { token, firstToken } = longContextCharts(results, shape, bytes);
  return { "-token": token, "-first-token": firstToken };
};
const needles = (results) => ({ "": heatMapOf(results) });

const DRAWN = {
  "long-context-llama-8b-nvidia-h200": longContext(LLAMA, 15_009_849_344),
  "long-context-nvidia-h200": longContext(SMOLLM, 96_576_768),
  "niah-nvidia-h200": needles,
  "niah-qwen2.5-coder-0.5b-nvidia-h200": needles,
  "niah-text-nvidia-h200": needles,
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(DRAWN);
for (const name of names) {
  if (!(name in DRAWN))
    throw new Error(`no chart is drawn of ${name}; of these there are: ${Object.keys(DRAWN).join(", ")}`);
  const base = at(`bench/results/${name}`);
  for (const [suffix, svg] of Object.entries(DRAWN[name](JSON.parse(readFileSync(`${base}.json`, "utf8"))))) {
    if (svg === undefined) continue;
    writeFileSync(`${base}${suffix}.svg`, svg);
    writeFileSync(`${base}${suffix}.png`, await toPng(svg));
  }
}
