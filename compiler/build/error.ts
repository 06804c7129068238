import { TileScriptError } from "../../dsl/errors.js";

/** What stops a build although the kernels are right: the disk, the folder, the Python environment, the arguments. */
export class BuildError extends TileScriptError {
  override readonly name = "BuildError";

  constructor(problem: string, hint: string, cause?: unknown) {
    super("build", problem, { hint, cause });
  }

  /** The error for a failed write, by the system's code. */
  static writing(folder: string, error: NodeJS.ErrnoException): BuildError {
    const [what, hint] = WRITE_FAILURES[error.code ?? ""] ?? [error.message, "Check the folder and try again."];
    return new BuildError(`cannot write the bundle to ${folder}: ${what}; nothing was changed there`, hint, error);
  }
}

const WRITE_FAILURES: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ["the disk is full", "Free some space or give --out a folder on another disk, then build again."],
  EDQUOT: ["your disk quota is used up", "Free some space or give --out a folder on another disk, then build again."],
  EACCES: ["permission denied", "Give --out a folder that you may write to."],
  EPERM: ["permission denied", "Give --out a folder that you may write to."],
  EROFS: ["the file system is read-only", "Give --out a folder on a writable disk."],
  ENAMETOOLONG: ["a name in the path is too long", "Give --out a shorter name."],
  ELOOP: ["its symbolic links lead in a circle", "Give --out another path."],
  EBUSY: ["it is in use, or another disk is mounted there", "Give --out a folder below it."],
  EMFILE: ["too many files are open", "Close some, or raise the limit with ulimit -n, then build again."],
  ENFILE: ["too many files are open", "Close some, or raise the limit with ulimit -n, then build again."],
  EEXIST: ["a part of the path is a file", "Give --out a path whose parents are folders."],
  ENOTDIR: ["a part of the path is a file", "Give --out a path whose parents are folders."],
};
