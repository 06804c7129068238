import type { ConstValue, DType } from "../../compiler/ir/index.js";
import { toBits } from "../../runtime/device/arrays.js";
import type { Arguments, DeviceBuffer, Grid } from "../../runtime/device/device.js";
import { headConstants } from "../../runtime/kernels/attention/heads.js";
import type { ProductDevice } from "../../runtime/kernels/linear/product-tiles.js";
import type { TileSet, Tiles } from "../../runtime/kernels/tiles.js";
import { cdiv } from "../../runtime/tiling.js";
import { room } from "../gpu/values.js";
import type { WeightMatrix } from "./matrix.js";

export interface HeadShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly D: number;
}

/** The constants that kernels take for these heads. */
export const constantsOf = ({ heads, kvHeads, D }: HeadShape) => headConstants({ heads, kvHeads, headSize: D });

/** How a device launches the kernels. */
export interface Setting {
  readonly tiles: Tiles;
  /** Which tables attention takes its tiles from. */
  readonly set: TileSet;
  /** The fewest rows that a matrix unit multiplies: 16 on a GPU. */
  readonly dotRows: number;
  /** What the tiles of products with bf16 matrices and of a prompt's attention depend on; few processors, so that programs take turns. */
  readonly device: ProductDevice;
}

/**
 * Where sizes become interesting: tiles whose edges are tested, the device whose products are, and the heads that attention has: the first are tried
 * at every edge.
 */
export interface Edges extends Omit<Setting, "dotRows"> {
  readonly shapes: readonly HeadShape[];
}

/** A buffer before the launch, and after it. */
export interface CaseBuffer {
  readonly dtype: DType;
  readonly data: ArrayBufferView;
  /** What each element holds afterwards; NaN where it must stay as it is. Absent where all of it must. */
  readonly want?: Float64Array;
  /** How far a result may be off, as a part of it or of the root mean square of its row, whichever is larger; 0 for not at all. */
  readonly tolerance?: number;
  /** Elements of a row. Default: all. */
  readonly row?: number;
  /** Words of 32 bits from which on, in 64, it has the address of another buffer. */
  readonly addresses?: readonly { readonly at: number; readonly of: string }[];
  /** What it holds afterwards is the kernel's own affair. */
  readonly scratch?: true;
}

export type Buffers<T = DeviceBuffer> = Readonly<Record<string, T>>;

export interface Prepared {
  readonly buffers: Buffers<CaseBuffer>;
  /** Buffers that differ with the tiles: scratch memory, and what programs leave for the next kernel. */
  own?(setting: Setting): Buffers<CaseBuffer>;
  /** Everything that is no constant, with the buffers as they lie on a device. */
  args(buffers: Buffers): Arguments;
}

/** One launch of a kernel and what comes of it. */
export interface KernelCase {
  readonly kernel: string;
  readonly title: string;
  constants(setting: Setting): Readonly<Record<string, ConstValue>>;
  grid(setting: Setting): Grid;
  prepare(): Prepared;
}

/** Numbers of f32 and whole numbers are exact; sums of f32 are not rounded alike everywhere; bf16 keeps eight bits. */
export const EXACT = 0;
export const F32 = 2e-5;
export const BF16 = 1e-2;

export type Stored = "f32" | "f16" | "bf16" | "i32" | "u8";

/** Numbers as they lie in memory. */
export function encode(dtype: Stored, values: ArrayLike<number>): ArrayBufferView {
  if (dtype === "bf16" || dtype === "f16") return toBits(dtype, values);
  if (dtype === "u8") return Uint8Array.from(values);
  return dtype === "f32" ? Float32Array.from(values) : Int32Array.from(values);
}

/** What a kernel reads. Values must be such as the dtype holds, since references compute with them. */
export const input = (dtype: Stored, values: ArrayLike<number>): CaseBuffer => ({ dtype, data: encode(dtype, values) });

/** Every bit set: not a number in floats, −1 in integers. */
export function poison(dtype: DType, count: number): ArrayBufferView {
  const data = room(dtype, count);
  new Uint8Array(data.buffer).fill(255);
  return data;
}

/** A bf16 tensor [rows, width] that a descriptor describes, and rows after it that it does not. */
export function withMore(values: Float64Array, width: number): CaseBuffer {
  const longer = new Float64Array(values.length + 3 * width).fill(Number.NaN);
  longer.set(values);
  return input("bf16", longer);
}

/** What a kernel writes, poisoned before. */
export const output = (dtype: Stored, want: Float64Array, tolerance: number): CaseBuffer => ({
  dtype,
  data: poison(dtype, want.length),
  want,
  tolerance,
});

/** What a kernel reads and changes. */
export const changed = (
  dtype: Stored,
  values: ArrayLike<number>,
  want: Float64Array,
  tolerance: number,
): CaseBuffer => ({ dtype, data: encode(dtype, values), want, tolerance });

export const scratch = (dtype: Stored, count: number): CaseBuffer => ({
  dtype,
  data: poison(dtype, count),
  scratch: true,
});

/** `values` from element `at` on of `count` that stay as they are. */
export function within(count: number, at: number, values: Float64Array): Float64Array {
  const want = new Float64Array(count).fill(Number.NaN);
  want.set(values, at);
  return want;
}

/** A matrix as a kernel's input, and its four names. */
export const weightsInput = ({ bytes }: WeightMatrix): CaseBuffer => ({ dtype: "u8", data: bytes });
export const weightsArguments = (buffer: DeviceBuffer | undefined): Arguments => ({
  bytes: buffer!,
  signed: buffer!,
  halves: buffer!,
  bf16: buffer!,
});

/** A bias as a kernel's input; where there is none any buffer will do, since it must not be looked at. */
export const biasInput = (bias: Float64Array | undefined): CaseBuffer => input("f32", bias ?? [Number.NaN]);

/** The buffers of these names. */
export const named = (buffers: Buffers, ...names: readonly string[]): Arguments =>
  Object.fromEntries(names.map((name) => [name, buffers[name]!]));

/** Rows of a matrix product that a group of heads fills. */
export const groupRows = (shape: HeadShape, { dotRows }: Setting): number => Math.max(dotRows, constantsOf(shape).GM);

export { powerOfTwo } from "../../runtime/tiling.js";
export { cdiv };
