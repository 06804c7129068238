import type { ArgumentSlot } from "../../../compiler/backends/wasm/index.js";
import { DTYPES, type DType } from "../../../compiler/ir/index.js";
import type { Argument, Arguments, DescriptorArgument } from "../device.js";
import { SCALAR_WRITERS } from "../scalar-writers.js";
import type { CpuBuffer } from "./buffer.js";

/** The number of whole elements, which is what accesses are checked against. */
const elements = (buffer: CpuBuffer, dtype: DType): number => Math.floor(buffer.bytes / DTYPES[dtype].bytes);

function writeBuffer(block: DataView, at: number, buffer: CpuBuffer, dtype: DType): void {
  block.setUint32(at, buffer.start, true);
  block.setUint32(at + 4, elements(buffer, dtype), true);
}

type Of<K extends ArgumentSlot["kind"]> = Extract<ArgumentSlot, { kind: K }>;
type Writer<K extends ArgumentSlot["kind"]> = (block: DataView, slot: Of<K>, value: Argument) => void;

const WRITERS: { readonly [K in ArgumentSlot["kind"]]: Writer<K> } = {
  const: () => undefined,
  pointer: (block, { offset, dtype }, value) => writeBuffer(block, offset, value as CpuBuffer, dtype),
  scalar: (block, { offset, dtype }, value) => SCALAR_WRITERS[dtype](block, offset, value as number | bigint | boolean),
  descriptor: (block, { offset, dtype }, value) => {
    const { buffer, shape, strides } = value as DescriptorArgument;
    writeBuffer(block, offset, buffer as CpuBuffer, dtype);
    [...shape, ...strides].forEach((number, index) => {
      block.setInt32(offset + 8 + 4 * index, number, true);
    });
  },
};

/** Writes an argument where the kernel reads it. */
export function writeArgument(block: DataView, slot: ArgumentSlot, value: Argument): void {
  (WRITERS[slot.kind] as (block: DataView, slot: ArgumentSlot, value: Argument) => void)(block, slot, value);
}

/** The memory that an argument names, if it does. */
export function bufferOf(value: Argument | null | undefined): CpuBuffer | null {
  if (typeof value !== "object" || value === null) return null;
  return ("buffer" in value ? value.buffer : value) as CpuBuffer;
}

/** Writes the bounds of buffers as they are now into arguments that were packed before. */
export type Bounds = (block: Uint32Array) => void;

/** How to bring the bounds of buffers up to date that may still grow; null where there is none. */
export function boundsOf(slots: readonly ArgumentSlot[], args: Arguments): Bounds | null {
  const growing = slots.flatMap((slot) => {
    if (slot.kind !== "pointer" && slot.kind !== "descriptor") return [];
    const buffer = bufferOf(args[slot.name]);
    return buffer && buffer.reach > buffer.bytes ? [{ word: slot.offset / 4 + 1, buffer, dtype: slot.dtype }] : [];
  });
  if (growing.length === 0) return null;
  return (block) => {
    for (const { word, buffer, dtype } of growing) block[word] = elements(buffer, dtype);
  };
}

/** Groups of parameters whose buffers overlap, or may come to overlap when they grow, where the kernel writes one of them. */
export function overlaps(
  slots: readonly ArgumentSlot[],
  args: Arguments,
  written: readonly string[],
): readonly (readonly string[])[] {
  const ranges = slots.flatMap((slot) => {
    const buffer = slot.kind === "pointer" || slot.kind === "descriptor" ? bufferOf(args[slot.name]) : null;
    return buffer && buffer.reach > 0
      ? [{ name: slot.name, start: buffer.start, end: buffer.start + buffer.reach }]
      : [];
  });
  ranges.sort((a, b) => a.start - b.start);
  const groups: { names: string[]; end: number }[] = [];
  for (const { name, start, end } of ranges) {
    const last = groups.at(-1);
    if (last && start < last.end) {
      last.names.push(name);
      last.end = Math.max(last.end, end);
    } else groups.push({ names: [name], end });
  }
  return groups
    .map((group) => group.names.sort())
    .filter((names) => names.length > 1 && names.some((name) => written.includes(name)));
}
