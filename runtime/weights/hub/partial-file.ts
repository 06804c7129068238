import type { Hash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { startChecksum } from "./checksum.js";
import type { RepoFile } from "./repo-file.js";

/** What has come of a file so far, with the running checksum of it. Bytes are on disk when `append` is through: any end is resumable. */
export class PartialFile {
  readonly #file: RepoFile;
  readonly #handle: FileHandle;
  #checksum: Hash;
  #bytes = 0;

  private constructor(file: RepoFile, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
    this.#checksum = startChecksum(file.checksum, file.bytes);
  }

  /** Opens or makes it, and reads what is there. Rejects with the signal's reason. */
  static async open(path: string, file: RepoFile, signal?: AbortSignal): Promise<PartialFile> {
    await mkdir(dirname(path), { recursive: true });
    // "r+" would not make it, "w+" would empty it, and "a+" ignores positions.
    const partial = new PartialFile(file, await open(path, constants.O_RDWR | constants.O_CREAT, 0o666));
    try {
      await partial.#readBack(signal);
      return partial;
    } catch (error) {
      await partial.close();
      throw error;
    }
  }

  /** That are on disk. */
  get bytes(): number {
    return this.#bytes;
  }

  get isWhole(): boolean {
    return this.#bytes === this.#file.bytes;
  }

  /** Whether all that has come is what the Hub says it is. Ends the checksum: the file is closed next. */
  matches(): boolean {
    return this.#checksum.digest("hex") === this.#file.checksum.hex;
  }

  async append(chunk: Uint8Array): Promise<void> {
    for (let written = 0; written < chunk.length; ) {
      const { bytesWritten } = await this.#handle.write(chunk, written, chunk.length - written, this.#bytes + written);
      written += bytesWritten;
    }
    this.#checksum.update(chunk);
    this.#bytes += chunk.length;
  }

  async startAnew(): Promise<void> {
    await this.#handle.truncate(0);
    this.#checksum = startChecksum(this.#file.checksum, this.#file.bytes);
    this.#bytes = 0;
  }

  /** Waits until the disk has it, so that a power cut cannot leave a file that only looks whole. */
  sync = (): Promise<void> => this.#handle.datasync();

  close = (): Promise<void> => this.#handle.close();

  async #readBack(signal?: AbortSignal): Promise<void> {
    // More than there should be is of something else.
    const { size } = await this.#handle.stat();
    if (size > this.#file.bytes) return await this.startAnew();
    const buffer = Buffer.alloc(Math.min(size, 1 << 20));
    while (this.#bytes < size) {
      signal?.throwIfAborted();
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, this.#bytes);
      if (bytesRead === 0) return;
      this.#checksum.update(buffer.subarray(0, bytesRead));
      this.#bytes += bytesRead;
    }
  }
}
