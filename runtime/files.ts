import { closeSync, constants, fstatSync, openSync, readSync, renameSync, type Stats, writeFileSync } from "node:fs";
import { TileScriptError } from "../dsl/errors.js";

/** A path names something that is not read: a pipe, a device, a folder, or a file that is far too long. */
export class FileError extends TileScriptError {
  override readonly name = "FileError";
  readonly path: string;
  /** What is wrong, without the path. */
  readonly what: string;

  constructor(path: string, what: string, hint = "Give a regular file.") {
    super("file", `${path}: ${what}`, { hint });
    this.path = path;
    this.what = what;
  }
}

/** Non-blocking: opening a pipe that nobody writes to would wait for ever, deaf to every signal. Regular files take no notice of it. */
const forReading = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** The system names no path in errors of what is open. */
function naming<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw Object.assign(error as Error, { path });
  }
}

/** Opens a file without ever waiting; the caller closes it. Errors of the system name the path. */
export const openAtOnce = (path: string): { readonly descriptor: number; readonly stats: Stats } =>
  naming(path, () => {
    const descriptor = openSync(path, forReading);
    return { descriptor, stats: fstatSync(descriptor) };
  });

/** What a thing is that is no regular file, for people. */
export function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "it is a folder, not a file";
  if (stats.isFIFO()) return "it is a pipe, not a file";
  if (stats.isSocket()) return "it is a socket, not a file";
  return "it is a device, not a file";
}

/** Far above any text that is read whole. */
const usualMost = 256 << 20;

/** A regular file's bytes, `most` at most. @throws FileError, or the system's error with the path */
export function readRegular(path: string, most = usualMost): Buffer {
  const { descriptor, stats } = openAtOnce(path);
  try {
    if (!stats.isFile()) throw new FileError(path, kindOf(stats));
    const pieces: Buffer[] = [];
    // Some files say that they are empty, those of /proc for example, and some grow.
    for (let size = 0; ; ) {
      if (Math.max(size, stats.size) > most)
        throw new FileError(path, `it has more than ${most} bytes`, "Give a shorter file.");
      const piece = Buffer.allocUnsafe(Math.max(1 << 16, stats.size - size + 1));
      const got = naming(path, () => readSync(descriptor, piece));
      if (got === 0) return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      pieces.push(piece.subarray(0, got));
      size += got;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** A text file, as readRegular reads it. */
export const readText = (path: string, most?: number): string => readRegular(path, most).toString("utf8");

/** Writes a file so that whoever reads it, or whatever ends this process, finds the old text or the new one, whole. */
export function writeWhole(path: string, text: string): void {
  const partial = `${path}.partial`;
  writeFileSync(partial, text);
  renameSync(partial, path);
}
