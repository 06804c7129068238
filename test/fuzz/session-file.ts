/** Saved conversations: headers by structure under a right checksum, and files by bytes. What is taken must go on. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { loadTiny } from "../runtime/generate/tiny-model.js";
import { newFolder, writeAnew } from "./harness/files.js";
import { byteEdits, edited, editedBytes, type Json, jsonEdits } from "./harness/hostile.js";
import { attempts } from "./harness/target.js";

export const name = "session-file";

const [PREFIX, PAGE, CHECKSUM] = [16, 4096, 32];
const path = join(newFolder(), "a.session");

const model = await loadTiny();
const session = model.session();
await session.prompt("abcd", { maxTokens: 4 }).result;
await session.save(path);
const saved = readFileSync(path);
const length = saved.readUInt32LE(PREFIX - 4);
const header = JSON.parse(saved.toString("utf8", PREFIX, PREFIX + length)) as Json;
const rows = saved.subarray(Math.ceil((PREFIX + length) / PAGE) * PAGE, -CHECKSUM);

/** As session.save writes it, whatever the header says. */
function fileOf(header: Json): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(Math.ceil((PREFIX + text.length) / PAGE) * PAGE);
  saved.copy(start, 0, 0, PREFIX - 4);
  start.writeUInt32LE(text.length, PREFIX - 4);
  text.copy(start, PREFIX);
  const body = Buffer.concat([start, rows]);
  return Buffer.concat([body, createHash("sha256").update(body).digest()]);
}

export const { run, replay } = attempts({
  inputs: fc.record({
    header: fc.oneof({ weight: 1, arbitrary: fc.constant([]) }, { weight: 3, arbitrary: jsonEdits }),
    bytes: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, byteEdits),
  }),
  right: [{ header: [], bytes: [] }],
  // A history that the model's template, or its context, does not take is refused when it is read.
  refusals: ["SessionFileError", "ModelError", "GenerateError"],
  async attempt(input) {
    writeAnew(path, editedBytes(fileOf(edited(header, input.header)), input.bytes));
    const restored = await model.restore(path);
    try {
      await restored.prompt("e", { maxTokens: 2 }).result;
    } finally {
      restored[Symbol.dispose]();
    }
  },
});
