/** A file's bytes by offset: mapped where that is asked for and works, else read on demand; and its descriptor, for who reads it himself. */

import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { ModelError } from "./errors.js";
import { closedFile, type FileSource, type FileStretch, readInto, requireInFile } from "./reading.js";

export interface FileBytes extends FileSource {
  /** Bytes [offset, offset + length). A view where the file is mapped, else a fresh copy; never write to it. For headers and small tensors. */
  view(offset: number, length: number): Uint8Array;
  close(): void;
}

/** A mapped file, as the native add-on's `openMappedFile` gives it. */
export interface MappedBytes {
  readonly byteLength: number;
  view(offset: number, length: number): ArrayBuffer;
  /** Unmaps, and detaches every view. */
  close(): void;
}

/** Maps a file. An ArrayBuffer holds the whole file and stays mapped as long as it is referenced. */
export type MapFile = (path: string) => ArrayBuffer | MappedBytes;

/** Opens `path`, mapped if `mapFile` is given and succeeds, else for positioned reads. */
export function openFileBytes(path: string, mapFile?: MapFile): FileBytes {
  return (mapFile && tryMapping(path, mapFile)) ?? openForReads(path);
}

/** A mapping may be refused (no add-on, a pipe, no address space, a file beyond the largest ArrayBuffer): reads still work. */
function tryMapping(path: string, mapFile: MapFile): FileBytes | undefined {
  let mapped: ArrayBuffer | MappedBytes;
  try {
    mapped = mapFile(path);
  } catch {
    return undefined;
  }
  return new OpenFile(path, mapped.byteLength, mapped instanceof ArrayBuffer ? viewsOfBuffer(mapped) : viewsOf(mapped));
}

type Views = Pick<FileBytes, "view" | "close">;

function viewsOfBuffer(buffer: ArrayBuffer): Views {
  let held: ArrayBuffer | undefined = buffer;
  return {
    view: (offset, length) => new Uint8Array(held!, offset, length),
    close: () => {
      held = undefined;
    },
  };
}

const viewsOf = (mapped: MappedBytes): Views => ({
  view: (offset, length) => new Uint8Array(mapped.view(offset, length)),
  close: () => mapped.close(),
});

function openForReads(path: string): FileBytes {
  const { descriptor, size } = openRegular(path);
  return new OpenFile(path, size, undefined, descriptor);
}

/** Adds what all ways of reading share: the range check, the descriptor, and errors instead of use after closing. */
class OpenFile implements FileBytes {
  readonly path: string;
  readonly size: number;
  readonly #views: Views | undefined;
  #descriptor: number | undefined;
  #open = true;

  constructor(path: string, size: number, views: Views | undefined, descriptor?: number) {
    this.path = path;
    this.size = size;
    this.#views = views;
    this.#descriptor = descriptor;
  }

  /** A mapping keeps no descriptor, so one is opened when it is first asked for. */
  get descriptor(): number {
    this.#requireOpen();
    if (this.#descriptor === undefined) {
      const opened = openRegular(this.path);
      if (opened.size !== this.size) {
        closeSync(opened.descriptor);
        const hint = "Let whatever writes it finish, then load it again.";
        throw new ModelError("file-truncated", `has ${opened.size} bytes now and had ${this.size}`, {
          file: this.path,
          hint,
        });
      }
      this.#descriptor = opened.descriptor;
    }
    return this.#descriptor;
  }

  view(offset: number, length: number): Uint8Array {
    this.#requireOpen();
    const stretch = { file: this, offset, bytes: length };
    requireInFile(stretch);
    return this.#views ? this.#views.view(offset, length) : readFully(stretch);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#views?.close();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }

  #requireOpen(): void {
    if (!this.#open) throw closedFile(this.path);
  }
}

/** Non-blocking, so that a pipe that nobody writes to is refused and not waited for. Regular files take no notice of it. */
const forReading = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

function openRegular(path: string): { readonly descriptor: number; readonly size: number } {
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
  if (stats.isFile()) return { descriptor, size: stats.size };
  closeSync(descriptor);
  const what = `is ${stats.isDirectory() ? "a directory" : "not a regular file"}`;
  throw new ModelError("file-unreadable", what, { file: path });
}

function readFully(stretch: FileStretch): Uint8Array {
  const into = new Uint8Array(stretch.bytes);
  readInto(into, stretch.offset, stretch);
  return into;
}
