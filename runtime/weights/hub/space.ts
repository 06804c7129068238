import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { PullError } from "./errors.js";
import { sizeText } from "./size-text.js";

/** Bytes that this user may still write where a folder is or will be. */
export async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || folder === dirname(folder)) throw error;
    return freeBytes(dirname(folder));
  }
}

/** @throws PullError that says how much is missing where */
export async function requireSpace(folder: string, bytes: number, measure = freeBytes): Promise<void> {
  if (bytes === 0) return;
  const free = await measure(folder);
  if (free < bytes)
    throw new PullError(
      "disk-full",
      `${sizeText(bytes)} are still to come and ${folder} has room for ${sizeText(free)}`,
    );
}

const FULL = new Set(["ENOSPC", "EDQUOT"]);

export const isFull = (error: unknown): boolean => FULL.has((error as NodeJS.ErrnoException)?.code ?? "");
