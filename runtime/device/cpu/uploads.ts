import { readInto, requireInFile, requireUnchangedFiles } from "../../weights/reading.js";
import { abortable } from "../abortable.js";
import type { FileCopy, UploadOptions } from "../device.js";
import type { Heap } from "./heap.js";

/** Bytes read in one go: a few milliseconds of the event loop. */
const PIECE = 8 << 20;

interface Upload extends UploadOptions {
  readonly heap: Heap;
  /** Where in the heap a copy goes. Throws DeviceError unless its buffer is alive and large enough. */
  readonly target: (copy: FileCopy) => number;
  /** Resolves when what is queued no longer needs the buffers. */
  readonly ready: () => Promise<void>;
}

/** Reads stretches of files straight into the heap, piece by piece; the event loop has its turn between them. */
export async function uploadFiles(copies: readonly FileCopy[], upload: Upload): Promise<void> {
  const { heap, target, signal, onProgress } = upload;
  for (const copy of copies) {
    requireInFile(copy);
    target(copy);
    void copy.file.descriptor;
  }
  signal?.throwIfAborted();
  await abortable(upload.ready(), signal);
  let copied = 0;
  for (const copy of copies) {
    for (let done = 0; done < copy.bytes; ) {
      const bytes = Math.min(PIECE, copy.bytes - done);
      // The buffer may have been freed, and the heap grown, while the event loop had its turn.
      const start = target(copy) + done;
      readInto(heap.bytes.subarray(start, start + bytes), copy.offset + done, copy);
      done += bytes;
      copied += bytes;
      onProgress?.(copied);
      await new Promise(setImmediate);
      signal?.throwIfAborted();
    }
  }
  requireUnchangedFiles(copies);
  if (copied === 0) onProgress?.(0);
}
