/** Results on disk. Those of long contexts are written after every row: a run that is killed has lost nothing but the row under way. */

import { existsSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "../compiler/make-folder.js";
import { writeWhole } from "../runtime/files.js";

/** Gives a file of results another name, so that a new one can take its place. */
export function renameEarlier(path: string): string {
  const kept = freeName(path);
  renameSync(path, kept);
  return kept;
}

function freeName(path: string): string {
  for (let count = 1; ; count++) {
    const name = path.replace(/\.json$/, `.earlier-${count}.json`);
    if (!existsSync(name)) return name;
  }
}

export function writeResults(path: string, results: object): void {
  makeFolder(dirname(path));
  writeWhole(path, `${JSON.stringify(results, null, 2)}\n`);
}
