import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The folder of everything that can be made again: TILESCRIPT_CACHE, else `tilescript` in the user's cache folder. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.TILESCRIPT_CACHE) return resolve(env.TILESCRIPT_CACHE);
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tilescript");
}
