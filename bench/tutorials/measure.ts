/**
 * The kernels of examples/ beside what Triton's tutorials do in Triton's own language, compiled by the same Triton and launched in turns, as JSON:
 *   node dist/bench/tutorials/build.js && node dist/bench/tutorials/measure.js [--out FILE]
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { readManifest } from "../../compiler/bundle/index.js";
import { download, fromBits } from "../../runtime/device/arrays.js";
import type { LoadedBundle } from "../../runtime/device/device.js";
import { openDevice } from "../../runtime/device/open.js";
import { packageRoot } from "../../runtime/package-root.js";
import { environment, median } from "../environment.js";
import { milliseconds } from "../reattention/timing.js";
import { writeResults } from "../results-file.js";
import { type Launch, type Scene, TUTORIALS } from "./cases.js";

const ROUNDS = 7;
/** Numbers of a result that are compared. */
const COMPARED = 1 << 18;

const { values } = parseArgs({ options: { out: { type: "string" } } });
using device = await openDevice({ prefer: "cuda" });
const folder = (name: string): string => join(packageRoot() ?? ".", "bundles", name);
const [ours, tritons] = [await device.load(folder("tutorials")), await device.load(folder("tutorials-triton"))];

/** The first numbers of the result. */
async function numbers({ out, dtype }: Scene): Promise<Float32Array> {
  const count = Math.min(COMPARED, out.bytes / (dtype === "f32" ? 4 : 2));
  if (dtype === "f32") return download(out.view(0, 4 * count), new Float32Array(count));
  return fromBits(dtype, await download(out.view(0, 2 * count), new Uint16Array(count)));
}

/** The largest difference between the two results, by the largest number. */
async function difference(scene: Scene, works: readonly (() => void)[]): Promise<number> {
  const results: Float32Array[] = [];
  for (const work of works) {
    work();
    results.push(await numbers(scene));
  }
  const [mine, tritons] = results as [Float32Array, Float32Array];
  const most = (values: Float32Array) => values.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
  return most(mine.map((value, at) => value - tritons[at]!)) / most(mine);
}

const rows = [];
for (const tutorial of TUTORIALS) {
  const scene = await tutorial.scene(device);
  const work = (bundle: LoadedBundle, { grid, args }: Launch) => {
    const kernel = bundle.kernel(tutorial.kernel);
    return () => kernel.launch(grid, args);
  };
  const both = [work(ours, scene.launch), work(tritons, scene.triton ?? scene.launch)] as const;
  const apart = await difference(scene, both);
  const times: [number, number][] = [];
  // In turns, so that a card that warms up or slows down does it to both.
  for (let round = 0; round < ROUNDS; round++)
    times.push([await milliseconds(device, both[0]), await milliseconds(device, both[1])]);
  const row = {
    name: tutorial.name,
    ms: median(times.map(([mine]) => mine)),
    tritonMs: median(times.map(([, triton]) => triton)),
    ratio: median(times.map(([mine, triton]) => mine / triton)),
    difference: apart,
  };
  rows.push(row);
  console.log(
    `${row.name.padEnd(44)} ${row.ms.toFixed(4)} ms, Triton's ${row.tritonMs.toFixed(4)} ms, ratio ${row.ratio.toFixed(3)}, difference ${apart.toExponential(1)}`,
  );
}
if (values.out)
  writeResults(values.out, {
    ...environment(device),
    versions: { triton: readManifest(folder("tutorials")).manifest.compiler.triton },
    rows,
  });
