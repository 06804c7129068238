import { mkdtempSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EnvironmentError } from "./environment-error.js";
import type { TritonFailure } from "./job.js";

const FULL = new Set(["ENOSPC", "EDQUOT"]);
/** What Python, LLVM and ptxas say of a disk without room. */
const SAID_FULL = /No space left on device|Errno 28|Disk quota exceeded|Errno 122/;
/** ptxas does not always tell why it could not write: with less room than this the disk is to blame. */
const ROOM = 64 * 1024;

const REMEDY = "Set TMPDIR to a folder with some room that you may write to.";

/** A new folder for a worker's temporary files. Throws EnvironmentError "temporary-folder" where there is no place for it. */
export function makeWorkerFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), "tilescript-worker-"));
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOENT" ? "does not exist" : FULL.has(code) ? "is full" : `cannot be used (${code || message})`;
    throw new EnvironmentError("temporary-folder", `The folder for temporary files, ${tmpdir()}, ${why}.`, REMEDY);
  }
}

/** The error to throw where a kernel failed for want of room for temporary files, which says nothing about the kernel. */
export function lackOfRoom({ stage, message, detail }: TritonFailure): EnvironmentError | undefined {
  const said = SAID_FULL.test(message) || (stage !== "triton" && SAID_FULL.test(detail));
  if (!said && !(stage === "ptxas" && free() < ROOM)) return undefined;
  return new EnvironmentError(
    "temporary-folder",
    `The folder for temporary files, ${tmpdir()}, became full while a kernel was compiled.`,
    `Free some space there. ${REMEDY}`,
    detail,
  );
}

function free(): number {
  try {
    const { bavail, bsize } = statfsSync(tmpdir());
    return bavail * bsize;
  } catch {
    return 0;
  }
}
