import { Allocations } from "../../runtime/device/allocations.js";
import { fromBits } from "../../runtime/device/arrays.js";
import type { Device, DeviceBuffer } from "../../runtime/device/device.js";
import type { Heads } from "../../runtime/kernels/attention/heads.js";
import type { ModelKernels } from "../../runtime/kernels/loaded.js";
import type { KernelRunner } from "../../runtime/reattention/kernel-runner.js";
import { Retrieval } from "../../runtime/reattention/retrieval.js";
import { fillNormal } from "./keys.js";

export interface Exactness extends Heads {
  readonly way: "scan" | "stream";
  readonly rows: number;
  readonly keys: number;
  readonly topK: number;
  /** Picks that are among the topK by float64, and rows whose picks are those in that order. */
  readonly recall: number;
  readonly exactRows: number;
}

/** The topK positions with the largest scores; the lower of equal ones first. */
function best(scores: Float64Array, topK: number): number[] {
  const found: number[] = [];
  for (let at = 0; at < scores.length; at++) {
    if (found.length === topK && !(scores[at]! > scores[found[topK - 1]!]!)) continue;
    let place = Math.min(found.length, topK - 1);
    found[place] = at;
    for (; place > 0 && scores[at]! > scores[found[place - 1]!]!; place--)
      [found[place], found[place - 1]] = [found[place - 1]!, at];
  }
  return found;
}

export interface PickedWay {
  readonly way: "scan" | "stream";
  readonly queries: number;
  readonly length: number;
  readonly topK: number;
}

/** Retrieval of random queries `q` over `length` keys; gives where the picks will be. `position` counts the tokens before the queries. */
export function retrieve(
  runner: KernelRunner,
  heads: Heads,
  { way, queries, length, topK }: PickedWay,
  { q, keys, position }: Readonly<Record<"q" | "keys" | "position", DeviceBuffer>>,
): DeviceBuffer {
  const retrieval = new Retrieval(runner, { ...heads, topK, queries, scanQueries: queries, middle: length });
  const chunk = { q, count: queries, qRow: heads.heads * heads.headSize };
  if (way === "scan") retrieval.scan(chunk, keys, { position, global: 0, local: 0 });
  else retrieval.stream(chunk, keys, 0, length);
  return retrieval.picks;
}

/** Picks of `queries` random queries over `length` random keys, compared with float64 on the host. */
export async function exactness(
  device: Device,
  kernels: ModelKernels,
  heads: Heads,
  what: PickedWay,
): Promise<Exactness> {
  const { way, queries, length, topK } = what;
  const { heads: Hq, kvHeads, headSize: D } = heads;
  using memory = new Allocations(device);
  const keys = memory.alloc((length + queries * (Hq / kvHeads)) * kvHeads * D * 2);
  await fillNormal(device, keys);
  const bits = new Uint16Array(keys.bytes / 2);
  await device.read(keys, bits);
  const numbers = fromBits("bf16", bits);
  const k = numbers.subarray(0, length * kvHeads * D);
  const q = numbers.subarray(length * kvHeads * D);
  const source = memory.alloc(q.length * (way === "scan" ? 4 : 2));
  await device.write(source, way === "scan" ? q : bits.subarray(length * kvHeads * D));
  const position = memory.alloc(4);
  await device.write(position, Int32Array.of(length - queries));
  const found = retrieve({ device, memory, kernels }, heads, what, { q: source, keys, position });
  const rows = Hq * queries;
  const picks = new Int32Array(rows * topK);
  await device.read(found, picks);

  const group = Hq / kvHeads;
  const scores = new Float64Array(length);
  let [hits, exactRows] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const kvHead = Math.floor(row / (queries * group));
    const query = Math.floor((row % (queries * group)) / group);
    const at = (query * Hq + kvHead * group + (row % group)) * D;
    for (let token = 0; token < length; token++) {
      const key = (token * kvHeads + kvHead) * D;
      let sum = 0;
      for (let i = 0; i < D; i++) sum += q[at + i]! * k[key + i]!;
      scores[token] = sum;
    }
    const wanted = best(scores, topK);
    const mine = [...picks.subarray(row * topK, row * topK + topK)];
    hits += mine.filter((one) => wanted.includes(one)).length;
    if (mine.every((one, place) => one === wanted[place])) exactRows++;
  }
  return { ...heads, way, rows, keys: length, topK, recall: hits / (rows * topK), exactRows };
}
