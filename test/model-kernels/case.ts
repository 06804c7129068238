import type { ConstValue, DType } from "../../compiler/ir/index.js";
import { toBits } from "../../runtime/device/arrays.js";
import type { Arguments, DeviceBuffer, Grid } from "../../runtime/device/device.js";
import type { Tiles } from "../../runtime/models/llama/launcher.js";
import { room } from "../gpu/values.js";
import type { WeightMatrix } from "./matrix.js";

export interface HeadShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly D: number;
}

/** How a device launches the kernels. */
export interface Setting {
  readonly tiles: Tiles;
  /** The fewest rows that a matrix unit multiplies: 16 on a GPU. */
  readonly dotRows: number;
}

/** Where sizes become interesting: tiles whose edges are tested, and the heads that attention kernels are built for. */
export interface Edges {
  readonly tiles: Tiles;
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

type Stored = "f32" | "bf16" | "i32";

/** Numbers as they lie in memory. */
export function encode(dtype: Stored, values: ArrayLike<number>): ArrayBufferView {
  if (dtype === "bf16") return toBits("bf16", values);
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

/** The buffers of these names. */
export const named = (buffers: Buffers, ...names: readonly string[]): Arguments =>
  Object.fromEntries(names.map((name) => [name, buffers[name]!]));

export const cdiv = (a: number, b: number): number => Math.ceil(a / b);
export const powerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(n));
