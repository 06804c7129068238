/*
 * On the device the dimensions of a head rotate in pairs (i, i + D/2), those that rotate first in each half. Files have them otherwise, and
 * some stack q, k and v otherwise. An order lists, for each row on the device, the row of the file's tensor.
 */

export interface HeadLayout {
  /** D. */
  readonly headSize: number;
  /** R: dimensions that rotate, the first ones of the file's heads. */
  readonly rotated: number;
  /** What the file rotates together: 2i and 2i + 1, or i and i + R/2. */
  readonly pairs: "neighbours" | "halves";
}

/** The order within one head of q or k. */
export function orderInHead({ headSize, rotated, pairs }: HeadLayout): Int32Array {
  const [half, turning] = [headSize / 2, rotated / 2];
  const [step, apart] = pairs === "neighbours" ? [2, 1] : [1, turning];
  return Int32Array.from({ length: headSize }, (_, row) => {
    const [second, i] = row < half ? [0, row] : [1, row - half];
    // Of the dimensions that pass, the first half comes behind the turning ones of the first half, the rest behind those of the second.
    if (i < turning) return i * step + second * apart;
    return rotated + second * (half - turning) + (i - turning);
  });
}

/** Heads whose first rows are `starts`, one behind the other, each in the order `inHead`. */
export function orderOfHeads(starts: readonly number[], inHead: Int32Array): Int32Array {
  const order = new Int32Array(starts.length * inHead.length);
  starts.forEach((start, head) => {
    inHead.forEach((row, i) => {
      order[head * inHead.length + i] = start + row;
    });
  });
  return order;
}

/** First rows of `heads` heads of `headSize` rows, from row `first` on. */
export const consecutive = (heads: number, headSize: number, first = 0): number[] =>
  Array.from({ length: heads }, (_, head) => first + head * headSize);

export interface FusedLayout {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  /** Three blocks q, k and v; or for each KV head its query heads, its key and its value (InternLM2). */
  readonly rows: "stacked" | "grouped";
}

/** First rows of the heads of q, k and v in a matrix of all of them. */
export function fusedStarts({ heads, kvHeads, headSize, rows }: FusedLayout): Record<"q" | "k" | "v", number[]> {
  if (rows === "stacked") {
    return {
      q: consecutive(heads, headSize),
      k: consecutive(kvHeads, headSize, heads * headSize),
      v: consecutive(kvHeads, headSize, (heads + kvHeads) * headSize),
    };
  }
  const queries = heads / kvHeads;
  const groups = consecutive(kvHeads, (queries + 2) * headSize);
  return {
    q: groups.flatMap((start) => consecutive(queries, headSize, start)),
    k: groups.map((start) => start + queries * headSize),
    v: groups.map((start) => start + (queries + 1) * headSize),
  };
}

/** The order, or undefined for one that changes nothing. */
export const unlessIdentity = (order: Int32Array): Int32Array | undefined =>
  order.every((row, i) => row === i) ? undefined : order;

/** Rows [start, start + count) as they are. */
export const range = (start: number, count: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => start + i);
