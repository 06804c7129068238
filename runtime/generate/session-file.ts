/*
 * A conversation in a file: a header, keys and values of the tokens that were read, layer by layer as they lie in the cache, and a checksum of all before
 * it. Everything goes in pieces, so memory does not grow with the conversation.
 *
 *   "TSsessio"  u32 version  u32 bytes of the header  header as JSON, zeros up to a multiple of PAGE  rows of each layer's keys and values  SHA-256
 */

import { createHash, type Hash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { TileScriptError } from "../../dsl/errors.js";
import type { Device, DeviceBuffer } from "../device/device.js";
import { cdiv } from "../tiling.js";
import { type FileBytes, ModelError, openFileBytes } from "../weights/index.js";

/** A saved conversation cannot be written, or is not taken: the message says why. */
export class SessionFileError extends TileScriptError {
  override readonly name = "SessionFileError";
  readonly path: string;

  constructor(path: string, problem: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super("session-file", `${path}: ${problem}`, options);
    this.path = path;
  }
}

const MAGIC = Buffer.from("TSsessio");
const VERSION = 1;
const PREFIX = MAGIC.length + 8;
const PAGE = 4096;
const CHECKSUM = 32;
/** Far above any header: a million tokens take some 6 MB. */
const LARGEST_HEADER = 256 << 20;
const PIECE = 16 << 20;

/** Writes a file so that it is there whole, or as it was before. */
export async function writeSessionFile(
  path: string,
  header: unknown,
  rows: readonly DeviceBuffer[],
  signal?: AbortSignal,
): Promise<void> {
  requireReplaceable(path);
  const partial = `${path}.partial-${randomUUID()}`;
  const hash = createHash("sha256");
  try {
    const file = await open(partial, "wx");
    try {
      await put(file, hash, headerBytes(header));
      for (const buffer of rows) await putRows(file, hash, buffer, signal);
      await putAll(file, hash.digest());
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => {});
    signal?.throwIfAborted();
    if (cause instanceof TileScriptError || (cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw new SessionFileError(path, `the conversation cannot be written (${(cause as Error).message})`, { cause });
  }
}

/** What else is there is not lost. @throws SessionFileError where the file is no saved conversation */
function requireReplaceable(path: string): void {
  if (!existsSync(path)) return;
  const file = opened(path);
  const isSession = isMarked(file);
  file.close();
  if (!isSession)
    throw new SessionFileError(path, "it is there already, and is no conversation that was saved", {
      hint: "Give another path, or remove the file first.",
    });
}

const isMarked = (file: FileBytes): boolean => MAGIC.equals(file.view(0, Math.min(file.size, MAGIC.length)));

function headerBytes(header: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const bytes = Buffer.alloc(cdiv(PREFIX + text.length, PAGE) * PAGE);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(VERSION, MAGIC.length);
  bytes.writeUInt32LE(text.length, MAGIC.length + 4);
  text.copy(bytes, PREFIX);
  return bytes;
}

async function putRows(file: FileHandle, hash: Hash, buffer: DeviceBuffer, signal: AbortSignal | undefined) {
  const piece = Buffer.alloc(Math.min(PIECE, buffer.bytes));
  for (let at = 0; at < buffer.bytes; at += PIECE) {
    signal?.throwIfAborted();
    const part = piece.subarray(0, Math.min(PIECE, buffer.bytes - at));
    await buffer.device.read(buffer.view(at, part.length), part);
    await put(file, hash, part);
  }
}

async function put(file: FileHandle, hash: Hash, bytes: Buffer): Promise<void> {
  hash.update(bytes);
  await putAll(file, bytes);
}

/** A write may end early. */
async function putAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
}

/** A file that was opened and is whole: its header, and where the rows begin. */
export class SessionFile implements Disposable {
  readonly header: unknown;
  readonly #file: FileBytes;
  readonly #start: number;

  /** @throws SessionFileError where it is no saved conversation, or of another version */
  constructor(path: string) {
    this.#file = opened(path);
    try {
      const { header, start } = this.#readHeader();
      this.header = header;
      this.#start = start;
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  get path(): string {
    return this.#file.path;
  }

  /** Reads all of it once. @throws SessionFileError where it is not as it was written, or has not as many bytes of rows as there should be */
  async check(rowBytes: number, signal?: AbortSignal): Promise<void> {
    const { size } = this.#file;
    const wanted = this.#start + rowBytes + CHECKSUM;
    if (size !== wanted) throw damaged(this.path, `it has ${size} bytes, and its header speaks of ${wanted}`);
    const hash = createHash("sha256");
    for (let at = 0; at < size - CHECKSUM; at += PIECE) {
      signal?.throwIfAborted();
      hash.update(this.#file.view(at, Math.min(PIECE, size - CHECKSUM - at)));
      await new Promise(setImmediate);
    }
    if (!hash.digest().equals(this.#file.view(size - CHECKSUM, CHECKSUM)))
      throw damaged(this.path, "its checksum is another");
  }

  /** Puts the rows where they belong, one buffer after another. */
  async upload(device: Device, rows: readonly DeviceBuffer[], signal?: AbortSignal): Promise<void> {
    let offset = this.#start;
    const copies = rows.map((to) => {
      const copy = { to, file: this.#file, offset, bytes: to.bytes };
      offset += to.bytes;
      return copy;
    });
    await device.upload(copies, { signal });
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  #readHeader(): { header: unknown; start: number } {
    const { path, size } = this.#file;
    const prefix = Buffer.from(this.#file.view(0, Math.min(size, PREFIX)));
    if (size < PREFIX + CHECKSUM || !isMarked(this.#file))
      throw new SessionFileError(path, "this is no conversation that was saved", {
        hint: "Give a file that session.save wrote.",
      });
    const version = prefix.readUInt32LE(MAGIC.length);
    if (version !== VERSION)
      throw new SessionFileError(
        path,
        `the conversation was saved in version ${version}, and this is version ${VERSION}`,
        {
          hint: "Restore it with the TileScript that saved it.",
        },
      );
    const bytes = prefix.readUInt32LE(MAGIC.length + 4);
    const start = cdiv(PREFIX + bytes, PAGE) * PAGE;
    if (bytes > LARGEST_HEADER || start + CHECKSUM > size) throw damaged(path, "its header goes beyond its end");
    try {
      return { header: JSON.parse(Buffer.from(this.#file.view(PREFIX, bytes)).toString("utf8")), start };
    } catch (cause) {
      throw damaged(path, "its header is no JSON", cause);
    }
  }
}

function opened(path: string): FileBytes {
  try {
    return openFileBytes(path);
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    throw new SessionFileError(
      path,
      `the conversation cannot be read (${(cause.cause as Error | undefined)?.message ?? cause.message})`,
      { cause },
    );
  }
}

export const damaged = (path: string, how: string, cause?: unknown): SessionFileError =>
  new SessionFileError(path, `the saved conversation is damaged: ${how}`, {
    hint: "Save it again, or copy it again and compare checksums.",
    cause,
  });
