import type { Allocator } from "../device/allocations.js";
import { upload } from "../device/arrays.js";
import { LARGEST_BLOCK } from "../kernels/attention/tiles.js";
import type { Rotary } from "../reattention/window-attention.js";
import type { ModelConfig, RopeConfig } from "./config.js";
import { ropeFrequencies } from "./rope-frequencies.js";

/** Positions of a block whose angles are turned as one: cosines and sines of few angles make those of many. */
const BLOCK = 1024;

/** Bytes that the tables of a model's ropes have for a position. */
export const rotaryBytesPerToken = ({ ropes, headSize }: ModelConfig): number => ropes.length * headSize * 4;

/** Positions of a table of 2 GiB: larger ones are beyond what an array of JavaScript is sure to hold. */
export const mostPositions = ({ headSize }: ModelConfig): number => Math.floor(2 ** 30 / headSize);

/**
 * Tables of the angles of `seen` positions and more (arXiv 2104.09864, section 3.4.2). An angle is a block's and the rest's, and its cosine and sine are
 * made from theirs in float64: exact to the last bit of f32, and ten times as fast as asking for each.
 */
export function rotaryTable(
  rope: RopeConfig,
  headSize: number,
  seen: number,
): { cosines: Float32Array; sines: Float32Array } {
  const half = headSize / 2;
  const { frequencies, magnitude } = ropeFrequencies(rope, seen);
  // A block's keys are turned by their place in it, however few positions there are.
  const positions = Math.max(LARGEST_BLOCK, seen);
  const cosines = new Float32Array(positions * half).fill(1);
  const sines = new Float32Array(positions * half);
  const [near, nearSine] = [new Float64Array(BLOCK), new Float64Array(BLOCK)];
  for (const [i, frequency] of frequencies.entries()) {
    for (let rest = 0; rest < Math.min(BLOCK, positions); rest++) {
      near[rest] = Math.cos(rest * frequency);
      nearSine[rest] = Math.sin(rest * frequency);
    }
    for (let start = 0; start < positions; start += BLOCK) {
      const cosine = Math.cos(start * frequency) * magnitude;
      const sine = Math.sin(start * frequency) * magnitude;
      const end = Math.min(BLOCK, positions - start);
      for (let rest = 0; rest < end; rest++) {
        const at = (start + rest) * half + i;
        cosines[at] = cosine * near[rest]! - sine * nearSine[rest]!;
        sines[at] = sine * near[rest]! + cosine * nearSine[rest]!;
      }
    }
  }
  return { cosines, sines };
}

/** The tables of a model's ropes, and one row for layers that do not rotate. */
export interface Rotaries {
  readonly ropes: readonly Rotary[];
  readonly none: Rotary;
}

/** One table for each rope of the model, `positions[i]` long, and one row for layers that do not rotate. */
export async function uploadRotaries(
  memory: Allocator,
  { ropes, headSize }: ModelConfig,
  positions: readonly number[],
): Promise<Rotaries> {
  const half = headSize / 2;
  const uploaded: Rotary[] = [];
  for (const [index, rope] of ropes.entries()) {
    const { cosines, sines } = rotaryTable(rope, headSize, positions[index]!);
    uploaded.push({ cosine: await upload(memory, cosines), sine: await upload(memory, sines), rotaryRow: half });
  }
  const cosine = await upload(memory, new Float32Array(half).fill(1));
  return { ropes: uploaded, none: { cosine, sine: await upload(memory, new Float32Array(half)), rotaryRow: 0 } };
}
