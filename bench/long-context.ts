/**
 * Long contexts of a model, dense attention beside ReAttention: time to first token, time per token, and memory; prints a table, draws it
 * with the rooflines of the card's own copy speed, and writes bench/results/long-context-<device>.{json,svg,png}.
 *
 *   node dist/bench/long-context.js [--model FILE.gguf] [--lengths 8k,32k,128k,512k,1M] [--dense 8k,32k,128k] [--out DIR]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { lineChart, toPng } from "../runtime/chart/index.js";
import { Device } from "../runtime/index.js";
import { integerText, readInteger } from "../runtime/integers.js";
import { readModelConfig } from "../runtime/models/config.js";
import { LlamaRunner } from "../runtime/models/llama/runner.js";
import { cacheBytesPerToken } from "../runtime/models/llama/state.js";
import { mapFile } from "../runtime/native/index.js";
import { type AttentionOptions, attentionText, readAttention } from "../runtime/reattention/index.js";
import { findDemoModel, openGguf } from "../runtime/weights/index.js";
import { environment, median } from "./environment.js";
import { copySpeed } from "./reattention/timing.js";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    device: { type: "string", default: "cuda" },
    bundle: { type: "string", default: fileURLToPath(new URL("../../bundles/models", import.meta.url)) },
    lengths: { type: "string", default: "8k,32k,128k,512k,1M" },
    dense: { type: "string", default: "8k,32k,128k" },
    attention: { type: "string", default: "reattention" },
    out: { type: "string", default: "bench/results" },
  },
});
const lengthsOf = (text: string): number[] =>
  text
    .split(",")
    .filter(Boolean)
    .map((part) => readInteger(part)!);

interface Row {
  readonly attention: string;
  readonly tokens: number;
  readonly firstTokenMs: number;
  readonly tokenMs: number;
  /** What the model took of the device, and what its weights and its cache need at least. */
  readonly memoryBytes: number;
  readonly neededBytes: number;
}

/** Steps of one measurement, and measurements. */
const STEPS = 16;
const ROUNDS = 5;
const GREEDY = { temperature: 0, topK: 1, topP: 1, seed: 0 };

using file = openGguf(values.model ?? findDemoModel(), { mapFile });
const config = readModelConfig(file);
const weightBytes = [...file.tensors.values()].reduce((sum, { bytes }) => sum + bytes, 0);
const rows: Row[] = [];
let where: ReturnType<typeof environment> | undefined;
let copy = 0;

/** Prompts of random tokens: neither attention's time depends on what they say. */
async function measure(attention: AttentionOptions, lengths: readonly number[]): Promise<void> {
  using device = await Device.open({ prefer: values.device as "cuda" | "cpu" });
  where ??= environment(device);
  if (copy === 0 && device.kind === "cuda") {
    const [from, to] = [device.alloc(2 ** 30), device.alloc(2 ** 30)];
    copy = await copySpeed(device, to, from);
    from.free();
    to.free();
  }
  const free = device.memory().free;
  const capacity = Math.max(...lengths) + 1024;
  const runner = await LlamaRunner.load(device, await device.load(values.bundle), file, config, {
    capacity,
    attention,
  });
  // The first launches load modules.
  await runner.prefill(tokens(600), 0, GREEDY);
  await runner.timeSteps(2);
  for (const length of [...lengths].sort((a, b) => a - b)) {
    runner.grow(length + STEPS * ROUNDS + 64);
    const began = performance.now();
    await runner.prefill(tokens(length), 0, GREEDY);
    await runner.arrived();
    const firstTokenMs = performance.now() - began;
    await runner.timeSteps(2);
    const steps: number[] = [];
    for (let round = 0; round < ROUNDS; round++) steps.push((await runner.timeSteps(STEPS)) / STEPS);
    const row = {
      attention: attentionText(attention),
      tokens: length,
      firstTokenMs,
      tokenMs: median(steps),
      memoryBytes: free - device.memory().free,
      neededBytes: weightBytes + length * cacheBytesPerToken(config),
    };
    rows.push(row);
    console.log(text(row));
  }
  runner.close();
}

const tokens = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => (i * 7919 + (i >> 9) * 31 + 13) % config.vocabulary);

const text = ({ attention, tokens, firstTokenMs, tokenMs, memoryBytes, neededBytes }: Row): string =>
  [
    attention.split(":")[0]!.padEnd(12),
    integerText(tokens).padStart(6),
    `${(firstTokenMs / 1000).toFixed(2)} s`.padStart(10),
    `${tokenMs.toFixed(3)} ms`.padStart(12),
    `${(memoryBytes / 2 ** 30).toFixed(2)} GiB`.padStart(12),
    `${((memoryBytes / neededBytes - 1) * 100).toFixed(1)} %`.padStart(10),
  ].join(" ");

console.log("attention    tokens  first token    per token       memory  over need");
const dense = lengthsOf(values.dense);
await measure(readAttention(values.attention, config.context), lengthsOf(values.lengths));
if (dense.length > 0) await measure({ kind: "dense" }, dense);

const [modes, all] = [[...new Set(rows.map(({ attention }) => attention))], rows.map(({ tokens }) => tokens)];
const series = (of: (row: Row) => number) =>
  modes.map((mode) => ({
    name: mode,
    points: rows.filter(({ attention }) => attention === mode).map((row) => [row.tokens, of(row)] as const),
  }));
/** A step of exact retrieval reads every key once, dense attention values too. */
const roof = (share: number) =>
  [...new Set(all)].map((n) => [n, (n * cacheBytesPerToken(config) * share) / copy / 1e9] as const);
const tokenChart = lineChart({
  title: "Time per token",
  subtitle: `${config.name || "model"} on ${where!.device}`,
  x: { label: "tokens in the cache", scale: "log2", format: integerText },
  y: { label: "milliseconds", scale: "log10" },
  series: series(({ tokenMs }) => tokenMs),
  references:
    copy > 0
      ? [
          { name: `keys once at ${copy.toFixed(2)} TB/s`, points: roof(0.5) },
          { name: "keys and values once", points: roof(1) },
        ]
      : [],
});
const firstChart = lineChart({
  title: "Time to first token",
  subtitle: `${config.name || "model"} on ${where!.device}`,
  x: { label: "tokens of the prompt", scale: "log2", format: integerText },
  y: { label: "seconds", scale: "log10" },
  series: series(({ firstTokenMs }) => firstTokenMs / 1000),
});
mkdirSync(values.out, { recursive: true });
const base = join(values.out, `long-context-${where!.device.replaceAll(/\W+/g, "-").toLowerCase()}`);
writeFileSync(`${base}.json`, `${JSON.stringify({ ...where, copyTBs: copy, rows }, null, 2)}\n`);
for (const [name, svg] of [
  ["token", tokenChart],
  ["first-token", firstChart],
] as const) {
  writeFileSync(`${base}-${name}.svg`, svg);
  writeFileSync(`${base}-${name}.png`, await toPng(svg));
}
console.log(`written to ${base}.json, with charts beside it`);
