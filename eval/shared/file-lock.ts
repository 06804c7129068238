/** One writer of a file at a time, of all processes that ask here. */

import { closeSync, openSync, rmSync, statSync } from "node:fs";

/** Writing takes milliseconds: who still holds a lock after so long was killed. */
const STALE_MS = 10_000;
const WAIT_MS = 5;

/** Does `action` while no other process does the like for `path`. Blocks: what is done under the lock has to be short. */
export function locked(path: string, action: () => void): void {
  const lock = `${path}.lock`;
  while (!take(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
  try {
    action();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock: string): boolean {
  try {
    closeSync(openSync(lock, "wx"));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    if (since !== undefined && Date.now() - since > STALE_MS) rmSync(lock, { force: true });
    return false;
  }
}
