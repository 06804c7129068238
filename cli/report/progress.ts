/** One line on a terminal that is rewritten as work goes on; nothing at all where stderr is not a terminal. */
export interface Progress {
  show(text: string): void;
  /** Removes the line, so that results start on a clean one. */
  clear(): void;
}

const CLEAR_LINE = "\r\u001b[2K";

export function progress(stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { show: () => {}, clear: () => {} };
  // Only a line of ours is removed: what stands there otherwise may be an answer that stdout writes to the same terminal.
  let shown = false;
  return {
    show(text) {
      shown = true;
      stream.write(CLEAR_LINE + text.slice(0, Math.max(20, (stream.columns ?? 80) - 1)));
    },
    clear() {
      if (shown) stream.write(CLEAR_LINE);
      shown = false;
    },
  };
}

/** 1.2 s, 340 ms. */
export const duration = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

/** 40 s, 12 min, 1 h 5 min: for what is only estimated. */
export function timeLeft(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** 1 file, 2 files. */
export const plural = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;
