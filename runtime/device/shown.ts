import { DeviceError } from "./errors.js";

const isPromise = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";

/** A value of the program as an error shows it. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (isPromise(value)) return "a promise";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name} of ${value.byteLength} bytes`;
  if (typeof value === "object") return `an object (${Object.keys(value).slice(0, 4).join(", ")})`;
  return `${typeof value} ${String(value)}`;
}

/** What to write where such a value was given for memory of a device. */
export function insteadOfMemory(value: unknown): string | undefined {
  if (isPromise(value)) return "Write await before what makes it.";
  if (ArrayBuffer.isView(value)) return "Copy it to the device first: await upload(device, data).";
  if (Array.isArray(value)) return "Copy it to the device first: await upload(device, Float32Array.from(data)).";
  return undefined;
}

/** Throws DeviceError unless something is memory of the program: a typed array or a DataView. */
export function requireView(data: unknown): asserts data is ArrayBufferView {
  if (ArrayBuffer.isView(data)) return;
  const hint = Array.isArray(data) ? "Make one of it, such as Float32Array.from(data)." : insteadOfMemory(data);
  throw new DeviceError(`Expected a typed array, got ${shown(data)}.`, { hint });
}

/** A device for a message about two: with its place, where it has one among others of its name. */
export const labelled = (device: { readonly name: string; readonly label?: string }): string =>
  device.label ?? device.name;

/** What was given for a buffer of a device is none, or one of another device. */
export function foreignBuffer(given: unknown, device: { readonly name: string; readonly label?: string }): DeviceError {
  const owner = typeof given === "object" && given !== null && "device" in given ? given.device : undefined;
  if (owner instanceof Object && "name" in owner)
    return new DeviceError(
      `A buffer of another device (${labelled(owner as { name: string })}) was given to ${labelled(device)}.`,
    );
  return new DeviceError(`Expected a buffer of ${device.name}, got ${shown(given)}.`, { hint: insteadOfMemory(given) });
}

/** Throws DeviceError unless something is memory of a device. */
export function requireBuffer(given: unknown): void {
  if (typeof given !== "object" || given === null || !("device" in given))
    throw foreignBuffer(given, { name: "a device" });
}
