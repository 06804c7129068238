import { type DType, fromElement, isFloat } from "../../compiler/ir/index.js";
import { upload } from "../../runtime/device/arrays.js";
import type { Device, DeviceBuffer, LoadedBundle } from "../../runtime/device/device.js";
import { CONSTANTS, PROGRAMS } from "./corpus.js";

export type Memory = Record<string, NodeJS.ArrayBufferView>;

export const SCALARS = { n: 3 };

/** A copy of what a kernel has pointers to. */
export const given = (memory: Memory, names: readonly string[]): Memory =>
  Object.fromEntries(names.map((name) => [name, structuredClone(memory[name]!)]));

/** Leaves in the memory what the kernel does there. */
export async function run(device: Device, kernels: LoadedBundle, name: string, memory: Memory): Promise<void> {
  const buffers: [string, DeviceBuffer][] = [];
  try {
    for (const [name, view] of Object.entries(memory)) buffers.push([name, await upload(device, view as Uint8Array)]);
    kernels.kernel(name).launch([PROGRAMS], { ...Object.fromEntries(buffers), ...SCALARS, ...CONSTANTS });
    for (const [name, buffer] of buffers) await device.read(buffer, memory[name]!);
  } finally {
    for (const [, buffer] of buffers) buffer.free();
  }
}

const numbers = (name: string, view: ArrayBufferView): readonly (number | bigint)[] => {
  const dtype = name.slice(name.indexOf("_") + 1) as DType;
  const elements = [...(view as unknown as Iterable<number | bigint>)];
  return isFloat(dtype) ? elements.map((one) => fromElement(dtype, one)) : elements;
};

/** The first few numbers that are others in memory of the same names, in words; undefined where there are none. */
export function difference(ours: Memory, theirs: Memory, there: string): string | undefined {
  const found = Object.keys(ours).flatMap((name) => {
    const [a, b] = [numbers(name, ours[name]!), numbers(name, theirs[name]!)];
    return a.flatMap((one, at) =>
      one === b[at] || (Number.isNaN(one) && Number.isNaN(b[at]))
        ? []
        : [`${name}[${at}] is ${one} on the CPU executor, ${b[at]} ${there}`],
    );
  });
  return found.length === 0 ? undefined : found.slice(0, 4).join("; ");
}
