/** The input that is being tried, in a file: whoever watches the process can name it when the process is dead or does not answer. */

import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";

let file: number | undefined;

/** From now on inputs are noted in the file at `path`. */
export function noteInputsIn(path: string): void {
  file = openSync(path, "w");
}

export function noteInput(count: number, input: unknown): void {
  if (file === undefined) return;
  const json = Buffer.from(JSON.stringify(input) ?? "undefined");
  // One write at the start of the file, and the length in it: what an earlier input left behind is not read.
  writeSync(file, Buffer.concat([Buffer.from(`${count} ${json.length}\n`), json]), 0, undefined, 0);
}

export interface Noted {
  /** How many were tried, this one included. */
  readonly count: number;
  readonly json: string;
}

export function notedInput(path: string): Noted | undefined {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(fstatSync(file).size);
    readSync(file, bytes, 0, bytes.length, 0);
    const end = bytes.indexOf(10);
    const [count, length] = bytes.subarray(0, Math.max(0, end)).toString().split(" ").map(Number);
    if (!count || length === undefined) return undefined;
    return { count, json: bytes.subarray(end + 1, end + 1 + length).toString() };
  } finally {
    closeSync(file);
  }
}
