import { floatBits, floatValue } from "../../compiler/ir/index.js";
import type { Allocator } from "./allocations.js";
import type { DeviceBuffer } from "./device.js";
import { requireBuffer, requireView } from "./shown.js";

/** A buffer with a copy of the data. */
export async function upload(memory: Pick<Allocator, "alloc">, data: ArrayBufferView): Promise<DeviceBuffer> {
  requireView(data);
  const buffer = memory.alloc(data.byteLength);
  try {
    await buffer.device.write(buffer, data);
    return buffer;
  } catch (error) {
    buffer.free();
    throw error;
  }
}

/** Waits for queued work and fills the array from the start of the buffer. */
export async function download<T extends ArrayBufferView>(from: DeviceBuffer, into: T): Promise<T> {
  requireBuffer(from);
  await from.device.read(from, into);
  return into;
}

/** Written out, since a call for each number takes many times as long. */
function bf16Bits(values: ArrayLike<number>): Uint16Array {
  const floats = new Float32Array(values);
  const words = new Uint32Array(floats.buffer);
  const result = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    let bits = words[i]!;
    const [near, value] = [floats[i]!, values[i]!];
    // As if rounded to odd: rounding once more then gives what rounding the double once gives.
    if (near !== value && !Number.isNaN(value) && (bits & 1) === 0) bits += Math.abs(near) < Math.abs(value) ? 1 : -1;
    const noNumber = (bits & 0x7fffffff) > 0x7f800000;
    result[i] = noNumber ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
  return result;
}

/** Floats of 16 bits, which JavaScript holds as their bits in a Uint16Array. */
export type Float16 = "bf16" | "f16";
/** Floats of 8 bits, which JavaScript holds as their bits in a Uint8Array. */
export type Float8 = "f8e4m3" | "f8e5m2";

/** Numbers as floats of 16 or 8 bits, rounded to nearest even, as a GPU stores them; what 8 bits do not hold becomes their greatest number. */
export function toBits(dtype: Float16, values: ArrayLike<number>): Uint16Array;
export function toBits(dtype: Float8, values: ArrayLike<number>): Uint8Array;
export function toBits(dtype: Float16 | Float8, values: ArrayLike<number>): Uint16Array | Uint8Array {
  if (dtype === "bf16") return bf16Bits(values);
  const bits = (value: number): number => floatBits(dtype, value);
  return dtype === "f16" ? Uint16Array.from(values, bits) : Uint8Array.from(values, bits);
}

function bf16Values(bits: Uint16Array | Uint8Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return new Float32Array(words.buffer);
}

/** The numbers behind floats of 16 or 8 bits, exactly. */
export const fromBits = (dtype: Float16 | Float8, bits: Uint16Array | Uint8Array): Float32Array =>
  dtype === "bf16" ? bf16Values(bits) : Float32Array.from(bits, (one) => floatValue(dtype, one));
