/** ReAttention's kernels: times against the device's own copy and torch's matmul + topk, and picks against float64. */

import type { Device } from "../runtime/device/device.js";
import { openDevice } from "../runtime/device/open.js";
import type { Heads } from "../runtime/kernels/attention/heads.js";
import type { ModelKernels } from "../runtime/kernels/loaded.js";
import { BuildRecorder, type DeviceKind, dryDevice, type NeededBuild } from "../runtime/models/dry-run.js";
import { loadKernels } from "../runtime/models/kernel-bundle.js";
import { type Environment, environment } from "./environment.js";
import { type Absent, measurePeer, notAskedFor } from "./peers.js";
import { type Exactness, exactness, type PickedWay, retrieve } from "./reattention/exactness.js";
import { Layer, type Point, WINDOW_FROM } from "./reattention/measure.js";
import { copySpeed } from "./reattention/timing.js";
import { memoryRate, productRate } from "./units.js";

export interface RetrievalBench {
  readonly device: "cuda" | "cpu";
  /** Folder of the kernels' bundle; builds that it lacks are compiled. */
  readonly bundle: string;
  readonly lengths: readonly number[];
  readonly peer: boolean;
  readonly exactness: boolean;
  readonly signal?: AbortSignal;
  /** Gets the table, line by line, as it comes. */
  readonly say: (line: string) => void;
}

export interface RetrievalResults extends Environment {
  readonly results: readonly (Heads & { readonly points: readonly Point[]; readonly copy: number })[];
  readonly exact: readonly Exactness[];
  readonly peer: object | Absent;
}

/** Queries of a chunk: as many as a prompt is read by, and few for the CPU executor, which takes a second for each hundred. */
const CHUNK = { cuda: 512, cpu: 32 } as const;

const LLAMA: Heads = { heads: 32, kvHeads: 8, headSize: 128 };
const SMOLLM: Heads = { heads: 9, kvHeads: 3, headSize: 64 };

const WAY = { queries: 320, length: 4099, topK: 4 };

/** What is compared with float64. */
const COMPARED: readonly (readonly [Heads, PickedWay])[] = [
  [LLAMA, { ...WAY, way: "stream" }],
  [SMOLLM, { ...WAY, queries: 64, topK: 32, way: "stream" }],
  [LLAMA, { ...WAY, queries: 16, way: "scan" }],
  [SMOLLM, { ...WAY, queries: 16, length: 40007, topK: 32, way: "scan" }],
];

export async function benchRetrieval(bench: RetrievalBench): Promise<RetrievalResults> {
  using device = await openDevice({ prefer: bench.device });
  const needed = device.arch === 0 ? [] : await retrievalBuilds(device, bench.lengths);
  const kernels = await loadKernels(device, needed, { bundle: bench.bundle, signal: bench.signal });
  const results = [];
  for (const heads of [LLAMA, SMOLLM]) results.push({ ...heads, ...(await measure(device, kernels, heads, bench)) });
  const exact = bench.exactness ? await pickedRight(device, kernels, bench) : [];
  const where = environment(device);
  const peer = bench.peer
    ? await measurePeer<object>("torch", "torch_topk.py", ["--lengths", bench.lengths.join(",")], bench.signal)
    : notAskedFor("torch");
  bench.say("absent" in peer ? `\ntorch was not measured: ${peer.absent}` : `\ntorch ${JSON.stringify(peer)}`);
  return { ...where, results, exact, peer };
}

/** Measurements of a model's heads. */
async function measure(
  device: Device,
  kernels: ModelKernels,
  heads: Heads,
  { lengths, say, signal }: RetrievalBench,
): Promise<{ points: Point[]; copy: number }> {
  const longest = Math.max(...lengths);
  const layer = await Layer.make(device, kernels, heads, longest);
  const half = layer.keys.bytes / 2;
  const copy = await copySpeed(device, layer.keys.view(0, half), layer.keys.view(half, half));
  say(`${heads.heads} query and ${heads.kvHeads} KV heads of ${heads.headSize}; the device copies ${memoryRate(copy)}`);
  const points: Point[] = [];
  for (const work of worksOf(layer, lengths, CHUNK[device.kind])) {
    signal?.throwIfAborted();
    const point = await work();
    points.push(point);
    say(pointText(point, copy));
  }
  layer.free();
  return { points, copy };
}

/** What is measured, one point after the other. */
function worksOf(layer: Layer, lengths: readonly number[], chunk: number): (() => Promise<Point>)[] {
  const longest = Math.max(...lengths);
  return [
    ...lengths.map((keys) => () => layer.decode(keys)),
    ...(layer.quantizes ? lengths.map((keys) => () => layer.decodeQuantized(keys)) : []),
    ...lengths.map((keys) => () => layer.prefill(keys, chunk)),
    () => layer.decode(longest, { topK: 32 }),
    () => layer.prefill(lengths[0]!, chunk, { topK: 32 }),
    // Shorter than the paper's window, nothing is left to choose.
    ...(longest > WINDOW_FROM ? [1, chunk].map((queries) => () => layer.window(queries)) : []),
  ];
}

/** Every build that this launches on a device such as `like`. */
export async function retrievalBuilds(like: DeviceKind, lengths: readonly number[]): Promise<NeededBuild[]> {
  const recorder = new BuildRecorder();
  const device = dryDevice(like);
  const { kernels } = recorder;
  for (const heads of [LLAMA, SMOLLM]) {
    const layer = Layer.empty(device, kernels, heads, Math.max(...lengths));
    for (const work of worksOf(layer, lengths, CHUNK[device.kind])) await work();
  }
  const nothing = device.alloc(0);
  for (const [heads, what] of COMPARED)
    retrieve({ device, memory: device, kernels }, heads, what, { q: nothing, keys: nothing, position: nothing });
  return recorder.builds;
}

export function pointText(
  { what, topK, queries, keys, ms, parts = {}, terabytesPerSecond, teraflops }: Point,
  copy: number,
): string {
  const rate =
    terabytesPerSecond !== undefined
      ? `${memoryRate(terabytesPerSecond)}, ${((100 * terabytesPerSecond) / copy).toFixed(0)} % of copy`
      : teraflops !== undefined
        ? productRate(teraflops)
        : "";
  const single = Object.entries(parts).map(([name, time]) => `${name} ${time.toFixed(4)}`);
  return `${what.padEnd(32)} ${(topK === undefined ? "" : `k ${topK}`).padEnd(4)} Q ${String(queries).padEnd(4)} ${String(keys).padStart(8)} keys ${ms.toFixed(4).padStart(9)} ms  ${rate.padEnd(26)} ${single.join(", ")}`;
}

async function pickedRight(
  device: Device,
  kernels: ModelKernels,
  { say, signal }: RetrievalBench,
): Promise<Exactness[]> {
  const found: Exactness[] = [];
  say("\npicks against float64");
  for (const [heads, what] of COMPARED) {
    signal?.throwIfAborted();
    const one = await exactness(device, kernels, heads, what);
    found.push(one);
    say(`${one.way} D ${one.headSize} k ${one.topK}: recall ${one.recall}, ${one.exactRows} of ${one.rows} rows exact`);
  }
  return found;
}
