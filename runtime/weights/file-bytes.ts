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
  return mapped instanceof ArrayBuffer ? bytesOfBuffer(path, mapped) : bytesOfMapping(path, mapped);
}

function bytesOfBuffer(path: string, buffer: ArrayBuffer): FileBytes {
  let held: ArrayBuffer | undefined = buffer;
  return fileBytes(path, buffer.byteLength, {
    view: (offset, length) => new Uint8Array(held!, offset, length),
    close: () => {
      held = undefined;
    },
  });
}

function bytesOfMapping(path: string, mapped: MappedBytes): FileBytes {
  return fileBytes(path, mapped.byteLength, {
    view: (offset, length) => new Uint8Array(mapped.view(offset, length)),
    close: () => mapped.close(),
  });
}

/** Adds what all ways of reading share: the range check, and errors instead of use after closing. */
function fileBytes(path: string, size: number, source: Pick<FileBytes, "view" | "close">): FileBytes {
  let open = true;
  return {
    path,
    size,
    view(offset, length) {
      if (!open) throw closed(path);
      requireRange(path, size, offset, length);
      return source.view(offset, length);
    },
    close() {
      if (open) source.close();
      open = false;
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
  return fileBytes(path, stats.size, {
    view: (offset, length) => readFully(path, fd, offset, length),
    close: () => closeSync(fd),
  });
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
