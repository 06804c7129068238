import { makeWritableFolder } from "../make-folder.js";
import { cacheFolder, privateRoot, UntrustedFolder } from "../store/index.js";

/** Why the cache is not used, as the end of a sentence about it; undefined where it is. Makes the folder if it is not there. */
export function cacheProblem(folder = cacheFolder()): string | undefined {
  try {
    makeWritableFolder(privateRoot(folder));
    return undefined;
  } catch (error) {
    if (error instanceof UntrustedFolder) return `cannot be trusted: ${error.problem}`;
    return `cannot be written to (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
}
