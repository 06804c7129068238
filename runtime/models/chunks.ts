import type { Chunk } from "./attention/attention.js";
import type { WindowedOptions } from "./attention/windowed.js";

/**
 * How `count` tokens after `past` are read, at most `most` at a time. Windowed attention goes by chunks of its own size, `together` of them
 * at a time: what a layer adds to the cache does not depend on its attention, so a chunk need not wait for the one before it. Chunks that
 * end within global + local see everything, whatever their size. With a `tail` the last so many tokens are a chunk of their own, unless all is seen.
 */
export function chunksOf(
  past: number,
  count: number,
  most: number,
  windowed?: { readonly options: WindowedOptions; readonly together: number },
): Chunk[] {
  const end = past + count;
  if (!windowed) return numbered(evenly(past, end, most, false));
  const { global, local, chunk } = windowed.options;
  const whole = global + local;
  const seen = Math.max(0, Math.floor((whole - past) / chunk)) * chunk;
  const dense = end <= whole ? end : past + seen;
  const tail = windowed.options.kind === "reattention" ? (windowed.options.tail ?? 0) : 0;
  const apart = Math.max(dense, end - tail);
  return numbered([
    ...evenly(past, dense, most, false),
    ...evenly(dense, apart, windowed.together * chunk, true),
    ...evenly(apart, end, chunk, true),
  ]);
}

const numbered = (chunks: readonly Omit<Chunk, "last">[]): Chunk[] =>
  chunks.map((chunk, index) => ({ ...chunk, last: index === chunks.length - 1 }));

function evenly(from: number, end: number, most: number, selects: boolean): Omit<Chunk, "last">[] {
  return Array.from({ length: Math.ceil((end - from) / most) }, (_, index) => {
    const past = from + index * most;
    return { past, count: Math.min(most, end - past), selects };
  });
}

/** Chunks queued before the host looks whether it should stop: enough to keep a GPU busy, few enough to stop soon. */
const LAG = { whole: 4, selecting: 1 } as const;

/** Whether the host waits behind the chunk that makes `queued` of its prompt. */
export const isTimeToLook = ({ selects }: Chunk, queued: number): boolean =>
  queued % (selects ? LAG.selecting : LAG.whole) === 0;
