import { DeviceError } from "./errors.js";

/** The memory behind a view. */
export const bytesOf = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Throws DeviceError unless the memory still has the size that it had before a wait, in which a program may detach or resize it. */
export function requireUnchanged(data: Uint8Array, bytes: number, verb: "written" | "read"): void {
  if (data.byteLength === bytes) return;
  const first = verb === "written" ? "write" : "read";
  throw new DeviceError(`${bytes} bytes were detached or resized while they were ${verb}: await the ${first} first.`);
}
