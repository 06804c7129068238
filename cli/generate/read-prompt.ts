import { closeSync, readSync } from "node:fs";
import { Socket } from "node:net";
import { addAbortSignal, type Readable } from "node:stream";
import { kindOf, openAtOnce, readText } from "../../runtime/files.js";
import { InputError } from "../report/errors.js";
import { systemText } from "../report/report.js";

/** Far above what any model reads: a million tokens are some five million bytes. */
const most = 128 << 20;

/** A prompt from a file, or from a pipe such as a shell's <(command). Waits for nothing that `signal` does not end. */
export async function promptFromFile(path: string, signal?: AbortSignal): Promise<string> {
  try {
    return await read(path, signal);
  } catch (error) {
    const said = systemText(error as NodeJS.ErrnoException);
    if (said === undefined) throw error;
    throw new InputError(`${path}: ${said}`, "Give a text file, or pipe the prompt into standard input.");
  }
}

async function read(path: string, signal?: AbortSignal): Promise<string> {
  const { descriptor, stats } = openAtOnce(path);
  const first = stats.isFIFO() ? firstOf(descriptor) : undefined;
  if (first) {
    const pipe = new Socket({ fd: descriptor, readable: true, writable: false });
    return promptFromStream(pipe, path, signal, first);
  }
  closeSync(descriptor);
  if (stats.isFile()) return readText(path, most);
  const what = stats.isFIFO() ? "it is a pipe, and nobody writes to it" : kindOf(stats);
  throw new InputError(`${path}: ${what}`, "Give a text file, or pipe the prompt into standard input.");
}

/** What a pipe has now, be it nothing; undefined where nobody is at its other end, for whom one would wait for ever. */
function firstOf(descriptor: number): Buffer | undefined {
  const piece = Buffer.alloc(1 << 16);
  try {
    const got = readSync(descriptor, piece);
    return got === 0 ? undefined : piece.subarray(0, got);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return piece.subarray(0, 0);
    throw error;
  }
}

/** All that comes from a stream after what is there already, up to a limit. */
export async function promptFromStream(
  stream: Readable,
  name: string,
  signal?: AbortSignal,
  first: Buffer = Buffer.alloc(0),
): Promise<string> {
  if (signal) addAbortSignal(signal, stream);
  const pieces = [first];
  let size = first.length;
  try {
    for await (const piece of stream) {
      pieces.push(Buffer.from(piece));
      size += piece.length;
      if (size > most) throw new InputError(`${name}: more than ${most} bytes came`, "Give a shorter prompt.");
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  return Buffer.concat(pieces).toString("utf8");
}
