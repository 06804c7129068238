import { accessSync, constants, existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { isClone, packageRoot, userCacheFolder } from "../../store/index.js";

/**
 * The folder of the environment: TILESCRIPT_VENV, else `.venv` in a clone, else the user's cache. An installed package is no place for it: npm removes
 * what it did not put there, and every project would have its own gigabyte.
 */
export function environmentFolder(env: NodeJS.ProcessEnv = process.env, root = packageRoot()): string {
  if (env.TILESCRIPT_VENV) return resolve(env.TILESCRIPT_VENV);
  if (root !== undefined) {
    const beside = join(root, ".venv");
    // A folder that somebody may only read may come with its environment.
    if (existsSync(join(beside, STAMP_NAME)) || (isClone(root) && isWritable(root))) return beside;
  }
  return join(userCacheFolder(env), "tilescript", "python");
}

/** Our own file in the environment: what is complete. A folder without it was not made by us. */
export const STAMP_NAME = "tilescript.json";

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
