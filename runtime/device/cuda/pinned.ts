import type { PinnedMemory } from "../../native/index.js";
import { DeviceError } from "../errors.js";

/** Page-locked memory and a view of all of it. */
export interface PinnedBytes {
  readonly pinned: PinnedMemory;
  readonly bytes: Uint8Array;
}

export const pinnedBytes = (pinned: PinnedMemory): PinnedBytes => ({ pinned, bytes: new Uint8Array(pinned.buffer) });

/** Copies what arrived in pinned memory, from its start. Throws DeviceError where the device was closed, and the memory gone, before. */
export function takeFrom({ bytes }: PinnedBytes, into: Uint8Array): void {
  if (bytes.byteLength === 0) throw new DeviceError("The device was closed while it was read.");
  into.set(bytes.subarray(0, into.byteLength));
}
