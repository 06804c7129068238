import { fileURLToPath } from "node:url";
import { check } from "../../../compiler/check.js";
import { upload } from "../../../runtime/device/arrays.js";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import type { DeviceBuffer } from "../../../runtime/device/device.js";
import type * as modelKernels from "../../../runtime/kernels/index.js";
import type { KernelRunner } from "../../../runtime/reattention/kernel-runner.js";

const folder = fileURLToPath(new URL("../../../runtime/kernels/reattention/", import.meta.url));

interface Opened {
  readonly device: CpuDevice;
  readonly runner: KernelRunner;
}

/** The kernels of reattention/NAME.kernel.ts on the CPU executor, straight from their sources. */
export const openKernels = (...names: readonly string[]): Promise<Opened> => openKernelsOn(2, ...names);

/** The same with so many threads, which a launch may have as many programs as. */
export async function openKernelsOn(threads: number, ...names: readonly string[]): Promise<Opened> {
  const { kernels, diagnostics } = check(names.map((name) => `${folder}${name}.kernel.ts`));
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const device = await CpuDevice.open({ threads, store: null });
  return { device, runner: { device, memory: device, kernels: device.loadKernels<typeof modelKernels>(kernels) } };
}

export const ints = (device: CpuDevice, ...values: number[]): Promise<DeviceBuffer> =>
  upload(device, Int32Array.from(values));

/** The first `count` 32-bit integers of a buffer. */
export async function readInts(buffer: DeviceBuffer, count: number): Promise<number[]> {
  const values = new Int32Array(count);
  await buffer.device.read(buffer.view(0, count * 4), values);
  return [...values];
}
