import { setTimeout as sleep } from "node:timers/promises";

/** How patient a pull is. Tests are less so. */
export interface Pace {
  /** Failures in a row, without a byte in between, after which it gives up. */
  readonly attempts: number;
  /** Before the second attempt; doubled before each further one. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** A connection on which nothing comes for so long counts as broken. */
  readonly stallMs: number;
  /** How often a pull that waits for another one of the same file looks, and says that it is alive itself. */
  readonly lockMs: number;
}

export const usualPace: Pace = {
  attempts: 5,
  firstDelayMs: 500,
  longestDelayMs: 8000,
  stallMs: 30_000,
  lockMs: 1000,
};

/** Waits before the attempt after `failures` failures, or as long as the server asked for. Rejects with the signal's reason. */
export async function backOff(
  { firstDelayMs, longestDelayMs }: Pace,
  failures: number,
  { signal, asked }: { readonly signal?: AbortSignal; readonly asked?: number },
): Promise<void> {
  const delay = Math.min(longestDelayMs, Math.max(asked ?? 0, firstDelayMs * 2 ** (failures - 1)));
  // Up to a quarter more, so that many clients of a server that was down do not all come back at once.
  await sleep(delay * (1 + Math.random() / 4), undefined, { signal }).catch((error) => {
    signal?.throwIfAborted();
    throw error;
  });
}
