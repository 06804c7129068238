import { chmodSync, lstatSync, mkdirSync, readdirSync, realpathSync, rmSync, type Stats } from "node:fs";
import { join } from "node:path";
import { TileScriptError } from "../../dsl/errors.js";
import { makeFolder } from "../make-folder.js";
import { DamagedFile, isOurs, othersMayWrite } from "./whole-file.js";

const PRIVATE = 0o700;

/** What we keep in a cache: a folder that holds nothing else was made by us, so its permissions are ours to mend. */
const OURS = new Set("builds entries environments last-eviction models python run scripts temporary wasm".split(" "));

/** The folder cannot be used, because somebody else could put things into it that we would run. */
export class UntrustedFolder extends TileScriptError {
  override readonly name = "UntrustedFolder";

  constructor(problem: string) {
    super("untrusted-folder", problem, { hint: "Set TILESCRIPT_CACHE to a folder that belongs to you alone." });
  }
}

/**
 * The real path of a folder that only we can write to; makes it where it is not there. Throws UntrustedFolder where it belongs to somebody
 * else or others can write to it, and the system's error where it cannot be made.
 */
export function privateRoot(path: string): string {
  makeFolder(path, PRIVATE);
  const root = realpathSync(path);
  const stats = lstatSync(root);
  if (!isOurs(stats)) throw new UntrustedFolder(`${root} belongs to another user (uid ${stats.uid})`);
  if (isPrivate(stats)) return root;
  const names = readdirSync(root);
  if (names.length > 0 && names.every((name) => OURS.has(name))) restrict(root);
  if (othersMayWrite(lstatSync(root))) throw new UntrustedFolder(`others can write to ${root} (chmod 700 ends that)`);
  if (othersMayWrite(stats)) warn(root, "now only you can");
  return root;
}

/**
 * A folder below a private one, mode 0700. Whatever else is in its place goes: a file, a link, a folder of somebody else, and one that
 * others could write to, with all that is in it. With `make` false nothing is made or removed: throws ENOENT or DamagedFile instead.
 */
export function privateFolder(root: string, names: readonly string[], make = true): string {
  return names.reduce((above, name) => {
    const path = join(above, name);
    if (make) dropForeign(path, true);
    const stats = make ? made(path) : lstatSync(path);
    if (!stats.isDirectory() || !isOurs(stats) || othersMayWrite(stats)) throw new DamagedFile(path);
    if (make && !isPrivate(stats)) restrict(path);
    return path;
  }, root);
}

/** Removes what is in a folder's place and is none, or not ours; with `open` also one that others could write to. */
export function dropForeign(path: string, open = false): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const exposed = open && stats.isDirectory() && othersMayWrite(stats);
  if (stats.isDirectory() && isOurs(stats) && !exposed) return;
  rmSync(path, { recursive: true, force: true });
  if (exposed) warn(path, "what was in it is made anew");
}

function made(path: string): Stats {
  try {
    mkdirSync(path, PRIVATE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return lstatSync(path);
}

/** Where the file system keeps no permissions, or cannot be written to, they stay as they are. */
function restrict(path: string): void {
  try {
    chmodSync(path, PRIVATE);
  } catch (error) {
    if (!["EPERM", "EROFS", "ENOTSUP"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

const isPrivate = ({ mode }: Stats): boolean => (mode & 0o077) === 0;

const warn = (path: string, now: string): void =>
  process.emitWarning(`Others could write to ${path}; ${now}.`, { code: "TILESCRIPT_CACHE" });
