/**
 * One pull at a time downloads a file; the others wait and find it there. Node has no flock, so a lock is a file that its holder touches
 * every now and then. Should two hold it all the same (a process that was stopped for long and went on), no file is damaged: both write the
 * same bytes to the same places of the partial file, its checksum is compared, and it is renamed into place.
 */

import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface LockOptions {
  /** Between two looks at a lock that another one holds, and between two touches of our own. */
  readonly everyMs: number;
  readonly signal?: AbortSignal;
  /** Called at each look at a lock that another one holds. */
  readonly onWait?: () => void | Promise<void>;
}

/** A lock that was not touched during so many looks has lost its holder. */
const PATIENCE = 20;

/** Runs `work` as the only holder of a lock. Rejects with the signal's reason if it aborts while waiting. */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), id: randomBytes(8).toString("hex") });
  await acquire(path, mine, options);
  const touching = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, options.everyMs);
  touching.unref();
  try {
    return await work();
  } finally {
    clearInterval(touching);
    if ((await contentOf(path)) === mine) await rm(path, { force: true });
  }
}

async function acquire(path: string, mine: string, { everyMs, signal, onWait }: LockOptions): Promise<void> {
  let seen = "";
  let looks = 0;
  for (;;) {
    signal?.throwIfAborted();
    if (await create(path, mine)) return;
    const [content, touched] = [await contentOf(path), await touchedAt(path)];
    const state = `${touched} ${content}`;
    looks = state === seen ? looks + 1 : 0;
    seen = state;
    if (touched !== undefined && (looks >= PATIENCE || hasDied(content ?? ""))) {
      await rm(path, { force: true });
      continue;
    }
    await onWait?.();
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
}

const create = (path: string, content: string): Promise<boolean> =>
  writeFile(path, content, { flag: "wx" }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );

const contentOf = (path: string): Promise<string | undefined> => readFile(path, "utf8").catch(() => undefined);

const touchedAt = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );

/** Whether the holder was a process of this machine that has ended. */
function hasDied(content: string): boolean {
  try {
    const { pid, host } = JSON.parse(content) as { readonly pid: number; readonly host: string };
    if (host !== hostname()) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
