import type { Handle } from "../../native/index.js";
import type { HostWord } from "../../parallel/group.js";
import { DeviceError } from "../errors.js";
import { CudaBuffer } from "./buffer.js";
import type { CudaDevice } from "./device.js";

/**
 * A word of pinned memory, which lies at one address for the host and every GPU. The host may set it until all of them are closed: it is what ends the
 * waits of those that are left.
 */
export function hostWord(devices: readonly CudaDevice[]): HostWord {
  const first = devices[0]!;
  first.requireOpen();
  const pinned = new first.driver.addon.PinnedMemory(first.context, 4);
  const word = new Int32Array(pinned.buffer);
  word[0] = 0;
  const buffer = new CudaBuffer(first, first.adopt(pinned.onDevices(), { waits: true, host: true }), 0, 4, true);
  const users = new Set(devices);
  const leaving = (device: CudaDevice): Handle => {
    const destroy = () => {
      if (users.delete(device) && users.size === 0) pinned.destroy();
    };
    return device.handles.add({ destroy, [Symbol.dispose]: destroy });
  };
  // Devices refer to these weakly.
  const leavings = devices.map(leaving);
  let freed = false;
  return {
    on: (rank) => devices[rank]!.lend(buffer),
    set(value) {
      if (freed) throw new DeviceError("A word of the host was set after it was freed.");
      if (word.length > 0) Atomics.store(word, 0, value);
    },
    free() {
      freed = true;
      buffer.free();
      for (const one of leavings) one.destroy();
    },
  };
}
