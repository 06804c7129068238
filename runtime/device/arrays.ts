import { floatBits, floatValue } from "../../compiler/ir/index.js";
import type { Allocator } from "./allocations.js";
import type { DeviceBuffer } from "./device.js";

/** A buffer with a copy of the data. */
export async function upload(memory: Pick<Allocator, "alloc">, data: ArrayBufferView): Promise<DeviceBuffer> {
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

/** Numbers as 16-bit floats, rounded to nearest even, as a GPU stores them. */
export const toBits = (dtype: "bf16" | "f16", values: ArrayLike<number>): Uint16Array =>
  dtype === "bf16" ? bf16Bits(values) : Uint16Array.from(values, (value) => floatBits(dtype, value));

function bf16Values(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return new Float32Array(words.buffer);
}

/** The numbers behind 16-bit floats, exactly. */
export const fromBits = (dtype: "bf16" | "f16", bits: Uint16Array): Float32Array =>
  dtype === "bf16" ? bf16Values(bits) : Float32Array.from(bits, (one) => floatValue(dtype, one));
