import type { DealOptions, Dealt, DeviceGroup, HostWord } from "../../parallel/group.js";
import type { DeviceBuffer } from "../device.js";
import { DeviceError } from "../errors.js";
import { blockFor } from "./blocks.js";
import type { CudaBuffer } from "./buffer.js";
import { CudaDealt, pageOf } from "./dealt.js";
import { CudaDevice, type CudaOptions } from "./device.js";
import { hostWord } from "./host-word.js";

/** GPUs of one host that reach each other's memory. */
export class CudaGroup implements DeviceGroup {
  readonly devices: readonly CudaDevice[];
  /** What a rank owns is the memory of the whole, mapped a second time. */
  readonly mapped = true;

  /**
   * Opens the GPUs of these numbers, as the driver counts them; rank r is `ordinals[r]`. One may be named again: then it has several ranks. Throws
   * UnavailableError and CudaError as `CudaDevice.open` does, and DeviceError that names two of which one does not reach the other.
   */
  static open(ordinals: readonly number[], options: Omit<CudaOptions, "ordinal"> = {}): CudaGroup {
    if (ordinals.length === 0) throw new DeviceError("A group has one device or more.");
    const devices: CudaDevice[] = [];
    try {
      for (const ordinal of ordinals) devices.push(CudaDevice.open({ ...options, ordinal }));
      return new CudaGroup(devices);
    } catch (error) {
      for (const device of devices) device.close();
      throw error;
    }
  }

  private constructor(devices: readonly CudaDevice[]) {
    this.devices = devices;
    for (const device of devices) for (const peer of devices) if (peer !== device) device.loans.reach(peer);
  }

  lend(buffer: DeviceBuffer, rank: number): CudaBuffer {
    return this.devices[rank]!.lend(buffer);
  }

  blockFor(tokens: number, rowBytes: readonly number[]): number {
    return blockFor(tokens, rowBytes, pageOf(this.devices));
  }

  deal(options: DealOptions): Dealt {
    return new CudaDealt(this.devices, options);
  }

  hostWord(): HostWord {
    return hostWord(this.devices);
  }

  close(): void {
    for (const device of this.devices) device.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
