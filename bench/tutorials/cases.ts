/** Triton's tutorials at the size of a large GPU: how the kernels of examples/ and those of triton/ are built and launched. */

import type { BuildRequest } from "../../compiler/build/index.js";
import type { Arguments, Device, DeviceBuffer, Grid } from "../../runtime/device/device.js";
import { cdiv } from "../../runtime/tiling.js";
import { fillNormal } from "../reattention/keys.js";

export interface Launch {
  readonly grid: Grid;
  readonly args: Arguments;
}

export interface Scene {
  readonly launch: Launch;
  /** Where Triton's is launched otherwise. */
  readonly triton?: Launch;
  /** What is compared, and as what. */
  readonly out: DeviceBuffer;
  readonly dtype: "f16" | "bf16" | "f32";
}

export interface Tutorial extends BuildRequest {
  readonly name: string;
  /** Of triton/. */
  readonly triton: string;
  /** True where Triton's takes other parameters, which a kernel of this folder declares. */
  readonly own?: true;
  scene(device: Device): Promise<Scene>;
}

const ELEMENTS = 1 << 26;
const BLOCK = 1024;

async function normals(device: Device, bytes: number): Promise<DeviceBuffer> {
  const buffer = device.alloc(bytes);
  await fillNormal(device, buffer);
  return buffer;
}

/** Numbers from 0 to 1, as f32. */
async function fractions(device: Device, count: number): Promise<DeviceBuffer> {
  const buffer = device.alloc(4 * count);
  const part = Float32Array.from({ length: Math.min(count, 1 << 20) }, (_, at) => ((at * 7919) % 10007) / 10007);
  await device.write(buffer, part);
  for (let at = part.length; at < count; at += part.length)
    device.copy(buffer.view(4 * at, part.byteLength), buffer.view(0, part.byteLength), part.byteLength);
  await device.synchronize();
  return buffer;
}

async function elementwise(device: Device, inputs: readonly string[], scalars = {}): Promise<Scene> {
  const out = device.alloc(4 * ELEMENTS);
  const args: Record<string, Arguments[string]> = { out, n: ELEMENTS, ...scalars, BLOCK };
  for (const name of inputs) args[name] = await fractions(device, ELEMENTS);
  return { launch: { grid: [cdiv(ELEMENTS, BLOCK)], args }, out, dtype: "f32" };
}

const ROWS = 4096;
const COLUMNS = 4096;
const WARPS = { warps: 8, stages: 3 };
const TILE = { BM: 128, BN: 256, BK: 64, GROUP: 8 };
const SIDE = 4096;

async function layerNormRows(device: Device) {
  const [x, dOut] = [await normals(device, 2 * ROWS * COLUMNS), await normals(device, 2 * ROWS * COLUMNS)];
  const [scale, shift] = [await fractions(device, COLUMNS), await fractions(device, COLUMNS)];
  const [mean, inverse] = [await fractions(device, ROWS), await fractions(device, ROWS)];
  return { x, dOut, scale, shift, mean, inverse };
}

const GROUPS = 64;

async function product(device: Device, strides: object): Promise<Scene> {
  const [a, b] = [await normals(device, 2 * SIDE * SIDE), await normals(device, 2 * SIDE * SIDE)];
  const out = device.alloc(2 * SIDE * SIDE);
  const grid: Grid = [cdiv(SIDE, TILE.BM) * cdiv(SIDE, TILE.BN)];
  const args = { a, b, c: out, M: SIDE, N: SIDE, K: SIDE, ...strides, ...TILE, LEAKY: false };
  return { launch: { grid, args }, out, dtype: "f16" };
}

const ROW_MAJOR = { strideAM: SIDE, strideAK: 1, strideCM: SIDE, strideCN: 1 };

async function persistent(device: Device, viaDescriptors: boolean): Promise<Scene> {
  const [a, b, out] = [
    await normals(device, 2 * SIDE * SIDE),
    await normals(device, 2 * SIDE * SIDE),
    device.alloc(2 * SIDE * SIDE),
  ];
  const matrix = (buffer: DeviceBuffer) =>
    viaDescriptors ? { buffer, shape: [SIDE, SIDE], strides: [SIDE, 1] } : buffer;
  const args = { a: matrix(a), b: matrix(b), c: matrix(out), M: SIDE, N: SIDE, K: SIDE, ...TILE };
  return { launch: { grid: [device.processors], args }, out, dtype: "f16" };
}

/** M, N and K of each product. */
const PRODUCTS = [
  [4096, 4096, 4096],
  [2048, 2048, 2048],
  [1024, 1024, 1024],
  [512, 512, 512],
] as const;

async function groups(device: Device): Promise<Scene> {
  const all = [];
  for (const [M, N, K] of PRODUCTS)
    all.push([await normals(device, 2 * M * K), await normals(device, 2 * K * N), device.alloc(2 * M * N)]);
  const matrices = device.alloc(8 * 3 * all.length);
  await device.write(matrices, BigInt64Array.from(all.flat().map(({ address }) => address)));
  const sizes = device.alloc(4 * 3 * all.length);
  await device.write(sizes, Int32Array.from(PRODUCTS.flat()));
  const args = { matrices, sizes, groups: all.length, BM: 128, BN: 128, BK: 64 };
  return { launch: { grid: [device.processors], args }, out: all[0]![2]!, dtype: "f16" };
}

const HEADS = 64;
const TOKENS = 4096;
const HEAD = 128;

/** Causal attention of many heads, as the tutorial measures it; the gradients' numbers are of no model. */
async function attention(device: Device, builds: { BM: number; BN: number }, gradients?: "dk" | "dq"): Promise<Scene> {
  const rows = HEADS * TOKENS;
  const tensors = ["q", "k", "v", ...(gradients ? ["dOut"] : [])];
  const args: Record<string, Arguments[string]> = { tokens: TOKENS, scale: Math.LOG2E / Math.sqrt(HEAD) };
  for (const name of tensors)
    args[name] = { buffer: await normals(device, 2 * rows * HEAD), shape: [rows, HEAD], strides: [HEAD, 1] };
  args.lse = await fractions(device, rows);
  const out = device.alloc(2 * rows * HEAD);
  if (gradients) args.delta = await fractions(device, rows);
  args[gradients ?? "out"] = out;
  if (gradients === "dk") args.dv = device.alloc(out.bytes);
  const grid: Grid = [cdiv(TOKENS, gradients === "dk" ? builds.BN : builds.BM), HEADS];
  return { launch: { grid, args: { ...args, ...builds, D: HEAD, CAUSAL: true } }, out, dtype: "bf16" };
}

const SCALED = { A: "e4m3", B: "e4m3", BM: 128, BN: 128, BK: 128 };

async function scaled(device: Device): Promise<Scene> {
  // Numbers of e4m3, and no NaN.
  const bytes = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => ((at * 7919) % 10007) % 0x78);
  const [a, b] = [device.alloc(bytes.length), device.alloc(bytes.length)];
  for (const buffer of [a, b]) await device.write(buffer, bytes);
  const scales = (SIDE * SIDE) / 32;
  const [aScale, bScale] = [device.alloc(scales), device.alloc(scales)];
  // Each scale is 1.
  for (const buffer of [aScale, bScale]) device.fill(buffer, 127);
  const out = device.alloc(4 * SIDE * SIDE);
  const args = { a, aScale, b, bScale, c: out, M: SIDE, N: SIDE, K: SIDE, ...SCALED };
  return { launch: { grid: [SIDE / SCALED.BM, SIDE / SCALED.BN], args }, out, dtype: "f32" };
}

export const TUTORIALS: readonly Tutorial[] = [
  {
    name: "01 vector add",
    kernel: "vectorAdd",
    triton: "vector_add",
    constants: { BLOCK },
    scene: (device) => elementwise(device, ["a", "b"]),
  },
  {
    name: "02 fused softmax",
    kernel: "softmax",
    triton: "softmax",
    own: true,
    constants: { BLOCK: COLUMNS },
    options: { warps: 8 },
    async scene(device) {
      const x = await fractions(device, ROWS * COLUMNS);
      const out = device.alloc(x.bytes);
      const args = { x, out, columns: COLUMNS, BLOCK: COLUMNS };
      const triton: Launch = { grid: [2 * device.processors], args: { ...args, rows: ROWS, STAGES: 4 } };
      return { launch: { grid: [ROWS], args }, triton, out, dtype: "f32" };
    },
  },
  {
    name: "03 matrix product",
    kernel: "stridedMatmul",
    triton: "matmul",
    constants: { ...TILE, LEAKY: false },
    options: WARPS,
    scene: (device) => product(device, { ...ROW_MAJOR, strideBK: SIDE, strideBN: 1 }),
  },
  {
    name: "03 matrix product, B transposed",
    kernel: "stridedMatmul",
    triton: "matmul",
    constants: { ...TILE, LEAKY: false },
    options: WARPS,
    scene: (device) => product(device, { ...ROW_MAJOR, strideBK: 1, strideBN: SIDE }),
  },
  {
    name: "04 dropout",
    kernel: "dropout",
    triton: "dropout",
    constants: { BLOCK },
    scene: (device) => elementwise(device, ["x"], { rate: 0.5, seed: 123 }),
  },
  {
    name: "05 layer norm",
    kernel: "layerNorm",
    triton: "layer_norm",
    constants: { BLOCK: COLUMNS },
    dtypes: { T: "bf16" },
    options: { warps: 8 },
    async scene(device) {
      const { x, scale, shift, mean, inverse } = await layerNormRows(device);
      const out = device.alloc(x.bytes);
      const args = { x, scale, shift, out, mean, inverse, columns: COLUMNS, epsilon: 1e-5, BLOCK: COLUMNS };
      return { launch: { grid: [ROWS], args }, out, dtype: "bf16" };
    },
  },
  {
    name: "05 layer norm, backward",
    kernel: "layerNormBackward",
    triton: "layer_norm_backward",
    constants: { GROUPS, BLOCK: COLUMNS },
    dtypes: { T: "bf16" },
    options: { warps: 8 },
    async scene(device) {
      const { x, dOut, scale, mean, inverse } = await layerNormRows(device);
      const dx = device.alloc(x.bytes);
      const sums = { scaleSums: device.alloc(4 * GROUPS * COLUMNS), shiftSums: device.alloc(4 * GROUPS * COLUMNS) };
      const [locks, counts] = [device.alloc(4 * GROUPS), device.alloc(4 * GROUPS)];
      for (const buffer of [locks, counts]) await device.write(buffer, new Int32Array(GROUPS));
      const args = { x, scale, mean, inverse, dOut, dx, ...sums, locks, counts, columns: COLUMNS };
      return { launch: { grid: [ROWS], args: { ...args, GROUPS, BLOCK: COLUMNS } }, out: dx, dtype: "bf16" };
    },
  },
  {
    name: "05 layer norm, gradients of the weights",
    kernel: "layerNormWeights",
    triton: "layer_norm_weights",
    constants: { BM: 32, BN: 128 },
    async scene(device) {
      const sums = [await fractions(device, GROUPS * COLUMNS), await fractions(device, GROUPS * COLUMNS)];
      const [dScale, dShift] = [device.alloc(4 * COLUMNS), device.alloc(4 * COLUMNS)];
      const args = { scaleSums: sums[0], shiftSums: sums[1], dScale, dShift, groups: GROUPS, columns: COLUMNS };
      return { launch: { grid: [COLUMNS / 128], args: { ...args, BM: 32, BN: 128 } }, out: dScale, dtype: "f32" };
    },
  },
  {
    name: "06 fused attention, forward",
    kernel: "attention",
    triton: "attention",
    constants: { BM: 128, BN: 64, D: HEAD, CAUSAL: true },
    options: WARPS,
    scene: (device) => attention(device, { BM: 128, BN: 64 }),
  },
  {
    name: "06 fused attention, gradients of keys and values",
    kernel: "attentionKeyGradients",
    triton: "attention_key_gradients",
    constants: { BM: 64, BN: 128, D: HEAD, CAUSAL: true },
    options: { warps: 8, stages: 2 },
    scene: (device) => attention(device, { BM: 64, BN: 128 }, "dk"),
  },
  {
    name: "06 fused attention, gradients of queries",
    kernel: "attentionQueryGradients",
    triton: "attention_query_gradients",
    constants: { BM: 128, BN: 64, D: HEAD, CAUSAL: true },
    options: { warps: 8, stages: 2 },
    scene: (device) => attention(device, { BM: 128, BN: 64 }, "dq"),
  },
  {
    name: "07 libdevice",
    kernel: "arcSine",
    triton: "arc_sine",
    constants: { BLOCK },
    scene: (device) => elementwise(device, ["x"]),
  },
  {
    name: "08 grouped products",
    kernel: "groupedMatmul",
    triton: "grouped_matmul",
    constants: { BM: 128, BN: 128, BK: 64 },
    options: WARPS,
    scene: groups,
  },
  {
    name: "09 persistent product",
    kernel: "persistentMatmul",
    triton: "persistent_matmul",
    constants: TILE,
    options: WARPS,
    scene: (device) => persistent(device, false),
  },
  {
    name: "09 persistent product, tensor descriptors",
    kernel: "persistentMatmulTma",
    triton: "persistent_matmul_tma",
    constants: TILE,
    options: WARPS,
    scene: (device) => persistent(device, true),
  },
  {
    name: "10 block-scaled product, mxfp8",
    kernel: "blockScaledMatmul",
    triton: "block_scaled_matmul",
    constants: SCALED,
    options: WARPS,
    scene: scaled,
  },
];
