import type { Device, DeviceBuffer } from "../../runtime/device/device.js";
import { median } from "../environment.js";

/** Times of which the median is taken; whoever measures the CPU executor tries a command. */
const ROUNDS = { cuda: 15, cpu: 3 } as const;

/** Milliseconds of the device's time that `work` takes, the median of some, launched as a graph where it pays. */
export async function milliseconds(device: Device, work: () => void): Promise<number> {
  work();
  await device.synchronize();
  const once = await device.time(work);
  // A graph keeps the host out of short times.
  const repeats = Math.max(1, Math.min(50, Math.ceil(3 / once)));
  const graph = device.capture(() => {
    for (let turn = 0; turn < repeats; turn++) work();
  });
  graph.replay();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS[device.kind]; round++)
    times.push((await device.time(() => graph.replay())) / repeats);
  graph.destroy();
  return median(times);
}

/** A card that was idle takes a while to clock its memory up. */
const WARM_UP_MS = { cuda: 500, cpu: 0 } as const;

/** Bytes read and written per second by the driver's own copy, in TB/s: what "memory speed" means here. */
export async function copySpeed(device: Device, from: DeviceBuffer, to: DeviceBuffer): Promise<number> {
  const bytes = Math.min(from.bytes, to.bytes);
  for (const began = performance.now(); performance.now() - began < WARM_UP_MS[device.kind]; )
    await device.time(() => device.copy(to, from, bytes));
  const ms = await milliseconds(device, () => device.copy(to, from, bytes));
  return (2 * bytes) / ms / 1e9;
}
