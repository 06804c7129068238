import { existsSync } from "node:fs";
import { readText } from "../../runtime/files.js";
import { renameEarlier } from "../results-file.js";
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

/** Undefined for what is no file of results. */
function readResults(path: string): LongContextResults | undefined {
  try {
    return longContextResults.parse(JSON.parse(readText(path)));
  } catch {
    return undefined;
  }
}
