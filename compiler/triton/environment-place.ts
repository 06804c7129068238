import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { userCacheFolder } from "../store/index.js";

/** The folder of the environment: TILESCRIPT_VENV, else `.venv` beside our package.json, else the user's cache. */
export function environmentFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.TILESCRIPT_VENV) return resolve(env.TILESCRIPT_VENV);
  const root = packageRoot();
  if (root) {
    const beside = join(root, ".venv");
    // A read-only installation may come with its environment.
    if (existsSync(join(beside, STAMP_NAME)) || isWritable(root)) return beside;
  }
  return join(userCacheFolder(env), "tilescript", "python");
}

/** Our own file in the environment: what is complete. A folder without it was not made by us. */
export const STAMP_NAME = "tilescript.json";

/** The nearest folder above this file whose package.json is TileScript's. */
function packageRoot(): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest)) {
      try {
        if (JSON.parse(readFileSync(manifest, "utf8")).name === "tilescript") return folder;
      } catch {
        // Someone else's broken package.json is no reason to stop looking.
      }
    }
    if (dirname(folder) === folder) return undefined;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
