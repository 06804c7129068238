/** Checks of memory that grows, which hold on every device. */
import type { LiveBuffer } from "./check.js";
import type { GrowableBuffer } from "./device.js";
import { DeviceError } from "./errors.js";

const isSize = (bytes: number): boolean => Number.isSafeInteger(bytes) && bytes >= 0;

/** Throws DeviceError unless so many bytes can be asked for. */
export function checkReservation(maxBytes: number): void {
  if (!isSize(maxBytes)) throw new DeviceError(`Cannot reserve ${maxBytes} bytes.`);
}

/** Throws DeviceError unless the buffer is alive and was reserved for so many bytes. */
export function checkGrowth(buffer: GrowableBuffer & LiveBuffer, bytes: number): void {
  if (buffer.freed) throw new DeviceError(`A buffer of ${buffer.bytes} bytes was to grow after it was freed.`);
  if (isSize(bytes) && bytes <= buffer.capacity) return;
  throw new DeviceError(`A buffer that was reserved for ${buffer.capacity} bytes cannot grow to ${bytes}.`);
}
