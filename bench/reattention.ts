/**
 * ReAttention's kernels on a GPU: times against the card's own copy and torch's matmul + topk, and picks against float64. Prints a table
 * and writes bench/results/reattention-<device>.json.
 *
 *   node dist/bench/reattention.js [--lengths 131072,1048576] [--device cuda] [--bundle DIR] [--out DIR] [--no-peer] [--no-exactness]
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Device } from "../runtime/index.js";
import { environment } from "./environment.js";
import { exactness } from "./reattention/exactness.js";
import { Layer, type Point } from "./reattention/measure.js";
import { copySpeed } from "./reattention/timing.js";

const { values } = parseArgs({
  options: {
    lengths: { type: "string", default: "131072,1048576" },
    device: { type: "string", default: "cuda" },
    bundle: { type: "string" },
    out: { type: "string", default: "bench/results" },
    peer: { type: "boolean", default: true },
    exactness: { type: "boolean", default: true },
  },
  allowNegative: true,
});
const lengths = values.lengths.split(",").map(Number);
const longest = Math.max(...lengths);
const inPackage = (path: string): string | undefined =>
  ["../", "../../"].map((up) => fileURLToPath(new URL(up + path, import.meta.url))).find(existsSync);

const LLAMA = { heads: 32, kvHeads: 8, headSize: 128 };
const SMOLLM = { heads: 9, kvHeads: 3, headSize: 64 };

using device = await Device.open({ prefer: values.device as "cuda" | "cpu" });
const bundle = await device.load(values.bundle ?? inPackage("bundles/models") ?? "bundles/models");

/** Measurements of a model's heads, printed as they come. */
async function measure(heads: typeof LLAMA): Promise<{ points: Point[]; copy: number }> {
  const layer = await Layer.make(device, bundle, heads, longest);
  const half = layer.keys.bytes / 2;
  const copy = await copySpeed(device, layer.keys.view(0, half), layer.keys.view(half, half));
  console.log(
    `\n${heads.heads} query and ${heads.kvHeads} KV heads of ${heads.headSize}; copy ${copy.toFixed(2)} TB/s`,
  );
  const points: Point[] = [];
  const note = async (work: Promise<Point>) => {
    const point = await work;
    points.push(point);
    console.log(line(point, copy));
  };
  for (const keys of lengths) await note(layer.decode(keys));
  for (const keys of lengths) await note(layer.prefill(keys, 512));
  await note(layer.decode(longest, { topK: 32 }));
  await note(layer.prefill(lengths[0]!, 512, { topK: 32 }));
  await note(layer.window(1));
  await note(layer.window(512));
  layer.free();
  return { points, copy };
}

function line({ what, queries, keys, ms, parts = {}, terabytesPerSecond, teraflops }: Point, copy: number): string {
  const rate =
    terabytesPerSecond !== undefined
      ? `${terabytesPerSecond.toFixed(2)} TB/s, ${((100 * terabytesPerSecond) / copy).toFixed(0)} % of copy`
      : teraflops !== undefined
        ? `${teraflops.toFixed(0)} TFLOP/s`
        : "";
  const single = Object.entries(parts).map(([name, time]) => `${name} ${time.toFixed(4)}`);
  return `${what.padEnd(18)} Q ${String(queries).padEnd(4)} ${String(keys).padStart(8)} keys ${ms.toFixed(4).padStart(9)} ms  ${rate.padEnd(26)} ${single.join(", ")}`;
}

function peer(): object {
  const script = inPackage("bench/peers/torch_topk.py");
  try {
    const output = execFileSync(
      process.env.TILESCRIPT_PEER_PYTHON ?? "python3",
      [script ?? "torch_topk.py", "--lengths", values.lengths],
      { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 300_000 },
    );
    return JSON.parse(output.trim().split("\n").at(-1)!);
  } catch (error) {
    const text = String((error as { stderr?: string }).stderr ?? error).trim();
    return { name: "torch", absent: text.split("\n").at(-1) ?? "" };
  }
}

const results = [];
for (const heads of [LLAMA, SMOLLM]) results.push({ ...heads, ...(await measure(heads)) });
const exact = [];
if (values.exactness) {
  const way = { queries: 320, length: 4099, topK: 4 };
  console.log("\npicks against float64");
  for (const one of [
    await exactness(device, bundle, LLAMA, { ...way, way: "stream" }),
    await exactness(device, bundle, SMOLLM, { ...way, queries: 64, topK: 32, way: "stream" }),
    await exactness(device, bundle, LLAMA, { ...way, queries: 16, way: "scan" }),
    await exactness(device, bundle, SMOLLM, { ...way, queries: 16, length: 40007, topK: 32, way: "scan" }),
  ]) {
    exact.push(one);
    console.log(
      `${one.way} D ${one.headSize} k ${one.topK}: recall ${one.recall}, ${one.exactRows} of ${one.rows} rows exact`,
    );
  }
}
const where = environment(device);
const torch = values.peer ? peer() : { name: "torch", absent: "not asked for" };
console.log(`\ntorch ${JSON.stringify(torch)}`);
mkdirSync(values.out, { recursive: true });
const file = join(values.out, `reattention-${device.name.replaceAll(/\W+/g, "-").toLowerCase()}.json`);
writeFileSync(file, `${JSON.stringify({ ...where, results, exact, peer: torch }, null, 2)}\n`);
console.log(`written to ${file}`);
