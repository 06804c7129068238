import type { Allocator } from "../../device/allocations.js";
import { upload } from "../../device/arrays.js";
import type { DeviceBuffer } from "../../device/device.js";
import type { ModelConfig } from "../config.js";

/** cos and sin of every position's angles, f32 [positions, D/2] each (arXiv 2104.09864, section 3.4.2), divided by the model's factors. */
export async function uploadRotaryTable(
  memory: Allocator,
  config: ModelConfig,
  positions: number,
): Promise<{ cosine: DeviceBuffer; sine: DeviceBuffer }> {
  const half = config.headSize / 2;
  const cosines = new Float32Array(positions * half);
  const sines = new Float32Array(positions * half);
  for (let i = 0; i < half; i++) {
    const frequency = config.ropeBase ** (-i / half) / (config.ropeFactors?.[i] ?? 1);
    for (let position = 0; position < positions; position++) {
      cosines[position * half + i] = Math.cos(position * frequency);
      sines[position * half + i] = Math.sin(position * frequency);
    }
  }
  return { cosine: await upload(memory, cosines), sine: await upload(memory, sines) };
}
