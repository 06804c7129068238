import { makeWritableFolder } from "../make-folder.js";
import { cacheFolder } from "./folder.js";

/** Why the cache cannot be written to, as the system's code; undefined where it can. Makes the folder if it is not there. */
export function cacheProblem(folder = cacheFolder()): string | undefined {
  try {
    makeWritableFolder(folder);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
