/** Sizes of what is dealt to several GPUs. */

import { cdiv, leastCommonMultiple } from "../../tiling.js";

/**
 * The least block of at least `tokens` tokens of which every array is whole pages, where a token takes `rowBytes` bytes of each: 4096 tokens of 2 KiB
 * are, in pages of 2 MiB, and of 384 bytes it takes 16384.
 */
export function blockFor(tokens: number, rowBytes: readonly number[], page: number): number {
  const whole = rowBytes.reduce(
    (least, bytes) => leastCommonMultiple(least, leastCommonMultiple(page, bytes) / bytes),
    1,
  );
  return cdiv(Math.max(tokens, 1), whole) * whole;
}
