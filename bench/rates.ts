/** What a device gives at its best: rooflines are drawn from what was measured on it, not from its data sheet. */

import type { Device } from "../runtime/device/device.js";
import { PRODUCT_TILES, productPrograms, tileFor } from "../runtime/kernels/linear/product-tiles.js";
import type { ModelKernels } from "../runtime/kernels/loaded.js";
import { READ_BLOCK } from "../runtime/kernels/tiles.js";
import { BuildRecorder, type DeviceKind, dryDevice, type NeededBuild } from "../runtime/models/dry-run.js";
import { loadKernels } from "../runtime/models/kernel-bundle.js";
import { fillNormal } from "./reattention/keys.js";
import { copySpeed, milliseconds } from "./reattention/timing.js";

export interface Rates {
  /** Bytes read and written by the driver's own copy, TB/s. */
  readonly copyTBs: number;
  /** Bytes read by a kernel of ours that writes next to nothing, TB/s. */
  readonly readTBs: number;
  /** bf16 operations of our own matrix product, TFLOP/s. */
  readonly matmulTFLOPs: number;
}

/**
 * Far beyond caches, and matrices with work for every multiprocessor; the CPU executor needs less to be busy. A CPU is shared with whatever else
 * runs, so that its best is the best of several rounds.
 */
const SIZES = {
  cuda: { bytes: 2 ** 30, rows: 8192, programs: [4, 8, 16], rounds: 1 },
  cpu: { bytes: 2 ** 24, rows: 256, programs: [1], rounds: 5 },
} as const;

/** Measures with the kernels of a bundle; builds that it lacks are compiled. */
export async function measureRates(device: Device, bundle: string, signal?: AbortSignal): Promise<Rates> {
  const kernels = await loadKernels(device, device.arch === 0 ? [] : rateBuilds(device), { bundle, signal });
  const { bytes, rows, programs, rounds } = SIZES[device.kind];
  const [one, other] = [device.alloc(bytes), device.alloc(bytes)];
  await fillNormal(device, one);
  const best = async (measure: () => Promise<number>): Promise<number> => {
    let most = 0;
    for (let round = 0; round < rounds; round++) {
      signal?.throwIfAborted();
      most = Math.max(most, await measure());
    }
    return most;
  };
  const copyTBs = await best(() => copySpeed(device, one, other));
  let readTBs = 0;
  for (const each of programs)
    readTBs = Math.max(readTBs, await best(() => readSpeed(device, kernels, one, other, each * device.processors)));
  const matmulTFLOPs = await best(() => matmulRate(device, kernels, one, other, rows));
  for (const buffer of [one, other]) buffer.free();
  return { copyTBs, readTBs, matmulTFLOPs };
}

type Buffer = ReturnType<Device["alloc"]>;

/** What is launched, on a device such as `like`. */
export function rateBuilds(like: DeviceKind): NeededBuild[] {
  const recorder = new BuildRecorder();
  const device = dryDevice(like);
  const [x, out] = [device.alloc(0), device.alloc(0)];
  read(recorder.kernels, x, out, 1);
  multiply(device, recorder.kernels, x, out, SIZES[like.kind].rows);
  return recorder.builds;
}

async function readSpeed(device: Device, kernels: ModelKernels, x: Buffer, out: Buffer, programs: number) {
  return x.bytes / (await milliseconds(device, () => read(kernels, x, out, programs))) / 1e9;
}

function read(kernels: ModelKernels, x: Buffer, out: Buffer, programs: number): void {
  kernels.readMemory.launch([programs], { x, out, n: x.bytes / 4, BLOCK: READ_BLOCK });
}

async function matmulRate(device: Device, kernels: ModelKernels, from: Buffer, c: Buffer, n: number): Promise<number> {
  return (2 * n ** 3) / (await milliseconds(device, () => multiply(device, kernels, from, c, n))) / 1e9;
}

/** C = A · Bᵀ, all of [n, n]: A and B are the first matrices of `from`, of normal numbers, because a GPU is faster at multiplying zeros. */
function multiply(device: Device, kernels: ModelKernels, from: Buffer, c: Buffer, n: number): void {
  const shape = { M: n, N: n, K: n };
  const tile = tileFor(PRODUCT_TILES, shape, device);
  const bytes = n * n * 2;
  const matrix = (index: number) => ({ buffer: from.view(index * bytes, bytes), shape: [n, n], strides: [n, 1] });
  kernels.matmul.launch([productPrograms(shape, tile, device)], {
    ...{ a: matrix(0), b: matrix(1), bias: from, c: { buffer: c, shape: [n, n], strides: [n, 1] } },
    ...{ ...shape, ...tile, BIAS: false },
  });
}

/** The memory's speed as far as anything of ours reached it, TB/s. */
export const memorySpeed = ({ copyTBs, readTBs = 0 }: { copyTBs: number; readTBs?: number }): number =>
  Math.max(copyTBs, readTBs);
