/** A file's bytes by offset, read when they are asked for, and its descriptor for who reads it himself. */

import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { ModelError } from "./errors.js";
import { closedFile, type FileSource, type FileStretch, hasChanged, readInto, requireInFile } from "./reading.js";

export interface FileBytes extends FileSource {
  /** Bytes [offset, offset + length); never write to them. For headers and small tensors. */
  view(offset: number, length: number): Uint8Array;
  close(): void;
}

/** Gives the bytes of a file that are in memory already: for tests and tools that make models. */
export type MapFile = (path: string) => ArrayBuffer;

/**
 * Opens `path` for positioned reads, or takes what `mapFile` gives. Files are not mapped into memory: where one is truncated meanwhile, a
 * read fails, and a page of a mapping ends the process.
 */
export function openFileBytes(path: string, mapFile?: MapFile): FileBytes {
  return mapFile ? new OpenFile(path, mapFile(path)) : new OpenFile(path);
}

/** What a file is known by: writing to it changes the one or the other. */
interface State {
  readonly size: number;
  readonly written: number;
}

class OpenFile implements FileBytes {
  readonly path: string;
  readonly size: number;
  readonly #memory: ArrayBuffer | undefined;
  readonly #descriptor: number | undefined;
  readonly #opened: State | undefined;
  #open = true;

  constructor(path: string, memory?: ArrayBuffer) {
    this.path = path;
    this.#memory = memory;
    if (!memory) {
      this.#descriptor = openRegular(path);
      this.#opened = stateOf(this.#descriptor);
    }
    this.size = memory?.byteLength ?? this.#opened!.size;
  }

  get descriptor(): number {
    this.#requireOpen();
    if (this.#descriptor !== undefined) return this.#descriptor;
    throw new ModelError("file-unreadable", "is in memory and has no descriptor", { file: this.path });
  }

  requireUnchanged(): void {
    if (!this.#opened || !this.#open) return;
    const { size, written } = stateOf(this.descriptor);
    if (size !== this.#opened.size || written !== this.#opened.written) throw hasChanged(this.path);
  }

  view(offset: number, length: number): Uint8Array {
    this.#requireOpen();
    const stretch = { file: this, offset, bytes: length };
    requireInFile(stretch);
    if (this.#memory) return new Uint8Array(this.#memory, offset, length);
    const bytes = readFully(stretch);
    this.requireUnchanged();
    return bytes;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }

  #requireOpen(): void {
    if (!this.#open) throw closedFile(this.path);
  }
}

const stateOf = (descriptor: number): State => {
  const { size, mtimeMs } = fstatSync(descriptor);
  return { size, written: mtimeMs };
};

/** Non-blocking, so that a pipe that nobody writes to is refused and not waited for. Regular files take no notice of it. */
const forReading = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

function openRegular(path: string): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, forReading);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw missing
      ? new ModelError("model-missing", "there is no such file", { file: path, cause })
      : new ModelError("file-unreadable", `cannot be opened (${(cause as Error).message})`, { file: path, cause });
  }
  const stats = fstatSync(descriptor);
  if (stats.isFile()) return descriptor;
  closeSync(descriptor);
  const what = `is ${stats.isDirectory() ? "a directory" : "not a regular file"}`;
  throw new ModelError("file-unreadable", what, { file: path });
}

function readFully(stretch: FileStretch): Uint8Array {
  const into = new Uint8Array(stretch.bytes);
  readInto(into, stretch.offset, stretch);
  return into;
}
