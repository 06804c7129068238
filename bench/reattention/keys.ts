import type { Allocator } from "../../runtime/device/allocations.js";
import { toBits } from "../../runtime/device/arrays.js";
import type { Device, DeviceBuffer } from "../../runtime/device/device.js";
import type { Heads } from "../../runtime/kernels/attention/heads.js";
import { TOGETHER } from "../../runtime/kernels/reattention/tiles.js";
import { type QuantizedKeys, quantizedBytes } from "../../runtime/reattention/retrieval.js";
import { cdiv } from "../../runtime/tiling.js";

/** Normal numbers, repeatable. */
function normals(count: number): Float32Array {
  let state = 0x2545f491;
  const uniform = (): number => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    state ^= state >>> 13;
    return (state >>> 0) / 2 ** 32;
  };
  const values = new Float32Array(count);
  for (let at = 0; at < count; at += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    values[at] = radius * Math.cos(angle);
    values[at + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** Numbers that are made on the host; the CPU executor's 4 GiB are not more than SHIFTS times as many. */
const STRETCH = { cuda: 1 << 23, cpu: 1 << 19 } as const;
const SHIFTS = 4096;

/**
 * Something that fills memory with normal bf16 numbers, queued on the device. Making billions on the host would take minutes, so stretches of one
 * sequence are copied, each starting one element later than the one before: no two rows of keys are alike. `bytes` is the most that it will fill
 * at a time. Free it when what it filled has arrived.
 */
export async function normalNumbers(
  device: Device,
  bytes: number,
): Promise<{ fill(buffer: DeviceBuffer): void; free(): void }> {
  const stretch = Math.min(STRETCH[device.kind], Math.ceil(bytes / 4) * 2);
  const bits = toBits("bf16", normals(stretch + SHIFTS));
  const source = device.alloc(bits.byteLength);
  await device.write(source, bits);
  return {
    fill(buffer) {
      for (let start = 0, turn = 0; start < buffer.bytes; start += stretch * 2, turn++) {
        const bytes = Math.min(stretch * 2, buffer.bytes - start);
        device.copy(buffer.view(start, bytes), source.view((turn % SHIFTS) * 2, bytes), bytes);
      }
    },
    free: () => source.free(),
  };
}

/** Fills memory with normal bf16 numbers and waits for them. */
export async function fillNormal(device: Device, buffer: DeviceBuffer): Promise<void> {
  const numbers = await normalNumbers(device, buffer.bytes);
  numbers.fill(buffer);
  await device.synchronize();
  numbers.free();
}

/** Room for the keys of `tokens` tokens in 8 bits, zero. */
export function quantizedKeys(
  device: Device,
  memory: Pick<Allocator, "alloc">,
  heads: Heads,
  tokens: number,
): QuantizedKeys {
  const room = cdiv(tokens, TOGETHER) * TOGETHER;
  const { codes, bounds } = quantizedBytes(heads);
  const buffers = {
    codes: memory.alloc(room * codes),
    bounds: memory.alloc(room * bounds),
    exactSteps: memory.alloc(4),
  };
  for (const buffer of Object.values(buffers)) device.fill(buffer, 0);
  return buffers;
}
