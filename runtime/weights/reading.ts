/** Reading stretches of open files, and what goes wrong, in the same words whoever reads: a view, the CPU executor, or threads for a GPU. */

import { readSync } from "node:fs";
import { ModelError } from "./errors.js";

/** A file that is open for reading. */
export interface FileSource {
  readonly path: string;
  /** Length of the file in bytes when it was opened. */
  readonly size: number;
  /** Of the open file, for reads at given places. Throws ModelError once it is closed. */
  readonly descriptor: number;
  /** Throws ModelError where the file has been written to since it was opened: what was read may be of two files. */
  requireUnchanged(): void;
}

/** A stretch of a file. */
export interface FileStretch {
  readonly file: FileSource;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

export const closedFile = (path: string): ModelError =>
  new ModelError("file-unreadable", "was used after it was closed", {
    file: path,
    hint: "Keep the model file open while it is in use.",
  });

const place = ({ file, offset }: FileStretch) => ({ file: file.path, offset });

/** Throws ModelError unless the stretch lies in the file as it was when it was opened. */
export function requireInFile(stretch: FileStretch): void {
  const { file, offset, bytes } = stretch;
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(bytes) && offset >= 0 && bytes >= 0;
  if (whole && offset + bytes <= file.size) return;
  throw new ModelError("file-truncated", `${bytes} bytes wanted, but the file ends at ${file.size}`, place(stretch));
}

export const hasShrunk = (stretch: FileStretch): ModelError =>
  new ModelError("file-truncated", `of ${stretch.bytes} bytes that were here when it was opened, some are gone`, {
    ...place(stretch),
    hint: "The file shrank while it was read: let whatever writes it finish, then load it again.",
  });

export const hasChanged = (path: string): ModelError =>
  new ModelError("file-changed", "was written to while it was read", { file: path });

/** For after a transfer, which takes long enough for a file to be replaced in place. */
export function requireUnchangedFiles(stretches: readonly FileStretch[]): void {
  for (const file of new Set(stretches.map((stretch) => stretch.file))) file.requireUnchanged();
}

/** `code` is the system's name for the error, such as EIO. */
export const cannotBeRead = (stretch: FileStretch, code: string, cause: unknown): ModelError =>
  new ModelError("file-unreadable", `${stretch.bytes} bytes cannot be read (${code})`, {
    ...place(stretch),
    hint:
      code === "EIO"
        ? "The disk, or the network behind it, fails: copy the file elsewhere and compare checksums."
        : undefined,
    cause,
  });

/** One read(2) moves at most 2 GiB less a page. */
const largestRead = 1 << 30;

/**
 * Fills `into` from byte `offset` of the file. Throws ModelError where the file has shrunk or cannot be read; it names the whole stretch, of
 * which this may be a piece.
 */
export function readInto(into: Uint8Array, offset: number, stretch: FileStretch): void {
  for (let done = 0; done < into.byteLength; ) {
    const got = readAt(into.subarray(done, done + largestRead), offset + done, stretch);
    if (got === 0) throw hasShrunk(stretch);
    done += got;
  }
}

function readAt(into: Uint8Array, position: number, stretch: FileStretch): number {
  const { descriptor } = stretch.file;
  try {
    return readSync(descriptor, into, 0, into.byteLength, position);
  } catch (cause) {
    throw cannotBeRead(stretch, (cause as NodeJS.ErrnoException).code ?? "no reason was given", cause);
  }
}
