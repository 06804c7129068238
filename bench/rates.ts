/** What a device gives at its best: rooflines are drawn from what was measured on it, not from its data sheet. */

import type { Device, LoadedBundle } from "../runtime/device/device.js";
import { PRODUCT_TILES, productPrograms, tileFor } from "../runtime/kernels/product-tiles.js";
import { READ_BLOCK } from "../runtime/kernels/tiles.js";
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

export async function measureRates(device: Device, bundle: LoadedBundle, signal?: AbortSignal): Promise<Rates> {
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
    readTBs = Math.max(readTBs, await best(() => readSpeed(device, bundle, one, other, each * device.processors)));
  const matmulTFLOPs = await best(() => matmulRate(device, bundle, one, other, rows));
  for (const buffer of [one, other]) buffer.free();
  return { copyTBs, readTBs, matmulTFLOPs };
}

type Buffer = ReturnType<Device["alloc"]>;

async function readSpeed(device: Device, bundle: LoadedBundle, x: Buffer, out: Buffer, programs: number) {
  const launch = bundle.kernel("readMemory").prepare([programs], { x, out, n: x.bytes / 4, BLOCK: READ_BLOCK });
  return x.bytes / (await milliseconds(device, () => launch.run())) / 1e9;
}

/** C = A · Bᵀ, all of [n, n]: A and B are the first matrices of `from`, of normal numbers, because a GPU is faster at multiplying zeros. */
async function matmulRate(device: Device, bundle: LoadedBundle, from: Buffer, c: Buffer, n: number): Promise<number> {
  const shape = { M: n, N: n, K: n };
  const tile = tileFor(PRODUCT_TILES, shape, device);
  const bytes = n * n * 2;
  const matrix = (index: number) => ({ buffer: from.view(index * bytes, bytes), shape: [n, n], strides: [n, 1] });
  const launch = bundle.kernel("matmul").prepare([productPrograms(shape, tile, device)], {
    ...{ a: matrix(0), b: matrix(1), bias: from, c: { buffer: c, shape: [n, n], strides: [n, 1] } },
    ...{ ...shape, ...tile, BIAS: false },
  });
  return (2 * n ** 3) / (await milliseconds(device, () => launch.run())) / 1e9;
}

/** The memory's speed as far as anything of ours reached it, TB/s. */
export const memorySpeed = ({ copyTBs, readTBs = 0 }: { copyTBs: number; readTBs?: number }): number =>
  Math.max(copyTBs, readTBs);
