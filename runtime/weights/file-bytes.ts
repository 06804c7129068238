/** A file's bytes by offset: mapped where the native add-on can map files, else read on demand. */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { ModelError } from "./errors.js";

export interface FileBytes {
  readonly path: string;
  /** Length of the file in bytes when it was opened. */
  readonly size: number;
  /** Bytes [offset, offset + length). A view where the file is mapped, else a fresh copy; never write to it. */
  view(offset: number, length: number): Uint8Array;
  close(): void;
}

/** Maps a whole file read-only, as the native add-on does. Undefined where nothing can map. The mapping lives as long as the buffer is referenced. */
export type MapFile = (path: string) => ArrayBuffer | undefined;

/** Opens `path`, mapped if `mapFile` is given and succeeds, else for positioned reads. */
export function openFileBytes(path: string, mapFile?: MapFile): FileBytes {
  return (mapFile && tryMapping(path, mapFile)) ?? openForReads(path);
}

/** A mapping may be refused (a pipe, a file beyond the largest ArrayBuffer, no address space): reads still work then. */
function tryMapping(path: string, mapFile: MapFile): FileBytes | undefined {
  let buffer: ArrayBuffer | undefined;
  try {
    buffer = mapFile(path);
  } catch {
    return undefined;
  }
  return buffer && bytesOfBuffer(path, buffer);
}

/** Serves views of a buffer that holds a whole file. */
export function bytesOfBuffer(path: string, buffer: ArrayBuffer): FileBytes {
  let held: ArrayBuffer | undefined = buffer;
  const size = buffer.byteLength;
  return {
    path,
    size,
    view(offset, length) {
      if (!held) throw closed(path);
      requireRange(path, size, offset, length);
      return new Uint8Array(held, offset, length);
    },
    close() {
      held = undefined;
    },
  };
}

function openForReads(path: string): FileBytes {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw missing
      ? new ModelError("model-missing", "there is no such file", { file: path, cause })
      : new ModelError("file-unreadable", `cannot be opened (${(cause as Error).message})`, { file: path, cause });
  }
  const stats = fstatSync(fd);
  if (!stats.isFile()) {
    closeSync(fd);
    throw new ModelError("file-unreadable", `is ${stats.isDirectory() ? "a directory" : "not a regular file"}`, {
      file: path,
    });
  }
  let open = true;
  return {
    path,
    size: stats.size,
    view(offset, length) {
      if (!open) throw closed(path);
      requireRange(path, stats.size, offset, length);
      return readFully(path, fd, offset, length);
    },
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

// One read(2) moves at most 2 GiB less a page.
const largestRead = 1 << 30;

function readFully(path: string, fd: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const got = readSync(fd, bytes, done, Math.min(length - done, largestRead), offset + done);
    if (got === 0) {
      throw new ModelError("file-truncated", `ends ${length - done} bytes early; it shrank while it was read`, {
        file: path,
        offset: offset + done,
      });
    }
    done += got;
  }
  return bytes;
}

function requireRange(path: string, size: number, offset: number, length: number): void {
  if (
    !Number.isSafeInteger(offset) ||
    !Number.isSafeInteger(length) ||
    offset < 0 ||
    length < 0 ||
    offset + length > size
  ) {
    throw new ModelError("file-truncated", `${length} bytes wanted, but the file ends at ${size}`, {
      file: path,
      offset,
    });
  }
}

const closed = (path: string) =>
  new ModelError("file-unreadable", "was used after it was closed", {
    file: path,
    hint: "Keep the model file open while it is in use.",
  });
