import { tmpdir, userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * HOME where it is an absolute path, else what the system's list of users says. An empty or relative HOME would put files into whatever
 * folder the program runs in. undefined for a user whom the system does not know.
 */
export function homeFolder(env: Environment = process.env): string | undefined {
  if (isAbsolute(env.HOME ?? "")) return env.HOME;
  try {
    const { homedir } = userInfo();
    return isAbsolute(homedir) ? homedir : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The user's folder for what can be made again. A relative XDG_CACHE_HOME is to be ignored (XDG Base Directory Specification). Who has no
 * home gets a folder beside the temporary files.
 */
export function userCacheFolder(env: Environment = process.env): string {
  if (isAbsolute(env.XDG_CACHE_HOME ?? "")) return env.XDG_CACHE_HOME!;
  const home = homeFolder(env);
  return home === undefined ? join(tmpdir(), `cache-of-${process.geteuid?.() ?? "user"}`) : join(home, ".cache");
}

/** Where everything lies that can be made again: TILESCRIPT_CACHE, else `tilescript` in the user's cache folder. */
export function cacheFolder(env: Environment = process.env): string {
  return env.TILESCRIPT_CACHE ? resolve(env.TILESCRIPT_CACHE) : join(userCacheFolder(env), "tilescript");
}
