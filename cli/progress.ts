/** One line on a terminal that is rewritten as work goes on; nothing at all where stderr is not a terminal. */
export interface Progress {
  show(text: string): void;
  /** Removes the line, so that results start on a clean one. */
  clear(): void;
}

const CLEAR_LINE = "\r\u001b[2K";

export function progress(stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { show: () => {}, clear: () => {} };
  return {
    show: (text) => stream.write(CLEAR_LINE + text.slice(0, Math.max(20, (stream.columns ?? 80) - 1))),
    clear: () => stream.write(CLEAR_LINE),
  };
}

/** 1.2 s, 340 ms. */
export const duration = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

/** 1 file, 2 files. */
export const plural = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;
