/** Whether retrieval brought the needle into the window, whatever the model made of it. */

import type { Span } from "./prompt.js";

/** Ascending positions, in the prompt, of the tokens that its last chunk could see; one list a layer. */
export type LayerWindows = readonly ArrayLike<number>[];

export interface Recall {
  readonly layers: number;
  /** Layers whose window had the whole needle. */
  readonly whole: number;
  /** Layers whose window had at least the needle's number. */
  readonly number: number;
  /** Mean share of the needle's tokens that the layers' windows had, 0 to 1. */
  readonly share: number;
}

/** How much of the needle, and of the number in it, the layers had in their windows. */
export function recallOf(windows: LayerWindows, needle: Span, number: Span): Recall {
  const shares = windows.map((window) => shareOf(window, needle));
  return {
    layers: windows.length,
    whole: shares.filter((share) => share === 1).length,
    number: windows.filter((window) => shareOf(window, number) === 1).length,
    share: shares.reduce((sum, share) => sum + share, 0) / Math.max(1, windows.length),
  };
}

const shareOf = (window: ArrayLike<number>, { start, end }: Span): number =>
  (firstAtLeast(window, end) - firstAtLeast(window, start)) / (end - start);

/** Index of the first of `sorted` that is at least `value`. */
function firstAtLeast(sorted: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
