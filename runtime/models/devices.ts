import { availableParallelism } from "node:os";
import type { Device } from "../device/device.js";
import { openDevice } from "../device/open.js";
import { GenerateError } from "../generate/errors.js";
import { shown } from "../generate/shown.js";
import type { DeviceGroup } from "../parallel/group.js";
import type { ModelOptions } from "./model.js";

/** Where a model goes. */
export interface ModelDevices {
  readonly first: Device;
  /** Several devices that have it together; undefined for one. */
  readonly group: DeviceGroup | undefined;
  /** Closes what was opened for it. */
  close(): void;
}

/** Devices that exchange rows wait for each other, which takes longer the more they are. */
const MOST = 16;

const isOrdinal = (one: unknown): one is number => Number.isInteger(one) && (one as number) >= 0;

type Asked = Pick<ModelOptions, "device" | "devices" | "sequences">;

/** Throws GenerateError for devices that cannot be asked for, or do not go with the other options. */
export function requireDevices({ device, devices, sequences = 1 }: Asked): void {
  if (devices === undefined) return;
  const fits = Array.isArray(devices) && devices.length >= 1 && devices.length <= MOST;
  if (!fits || !(devices.every((one) => one === "cpu") || devices.every(isOrdinal)))
    throw new GenerateError(
      "devices",
      `devices is ${shown(devices)}; give 1 to ${MOST} numbers of GPUs, such as [0, 1], or "cpu" for each of as many devices of the CPU executor`,
    );
  if (device !== undefined) throw new GenerateError("devices", "device and devices are both given; give one of them");
  if (sequences > 1)
    throw new GenerateError(
      "sequences",
      `sequences is ${sequences}, and ${devices.length} devices have one sequence together; leave sequences or devices out`,
    );
}

/** Opens what is asked for. @throws what `openDevice` throws */
export async function openDevices({ device, devices }: Asked): Promise<ModelDevices> {
  if (devices) {
    const ordinals = devices.filter(isOrdinal);
    const group = ordinals.length > 0 ? await gpus(ordinals) : await processors(devices.length);
    return { first: group.devices[0]!, group, close: () => group.close() };
  }
  if (typeof device === "object") return { first: device, group: undefined, close: () => {} };
  const first = await openDevice({ prefer: device });
  return { first, group: undefined, close: () => first.close() };
}

const gpus = async (ordinals: readonly number[]): Promise<DeviceGroup> =>
  (await import("../device/cuda/index.js")).CudaGroup.open(ordinals);

async function processors(ranks: number): Promise<DeviceGroup> {
  const { CpuGroup } = await import("../parallel/cpu-group.js");
  return CpuGroup.open(ranks, { threads: Math.max(1, Math.floor(availableParallelism() / ranks)) });
}
