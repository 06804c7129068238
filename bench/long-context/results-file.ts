/** Results on disk, written whole after every row: a run that is killed has lost nothing but the row under way. */

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "../../compiler/make-folder.js";
import { isSameRun, type LongContextResults, longContextResults, merged } from "./results.js";

/**
 * Results to go on with: `now` with the rows of the file, if they are of the same device, commit and model. A file that is not is kept under
 * another name, which `setAside` gets.
 */
export function continueResults(
  path: string,
  now: LongContextResults,
  { setAside }: { readonly setAside: (path: string) => void },
): LongContextResults {
  if (!existsSync(path)) return now;
  const earlier = readResults(path);
  if (earlier && isSameRun(earlier, now)) return merged(earlier, now);
  setAside(renameEarlier(path));
  return now;
}

/** Gives a file of results another name, so that a new one can take its place. */
export function renameEarlier(path: string): string {
  const kept = freeName(path);
  renameSync(path, kept);
  return kept;
}

/** Undefined for what is no file of results. */
function readResults(path: string): LongContextResults | undefined {
  try {
    return longContextResults.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

function freeName(path: string): string {
  for (let count = 1; ; count++) {
    const name = path.replace(/\.json$/, `.earlier-${count}.json`);
    if (!existsSync(name)) return name;
  }
}

export function writeResults(path: string, results: object): void {
  makeFolder(dirname(path));
  const partial = `${path}.partial`;
  writeFileSync(partial, `${JSON.stringify(results, null, 2)}\n`);
  renameSync(partial, path);
}
