import { randomBytes } from "node:crypto";
import { lstatSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { siblingStart } from "../bundle/index.js";
import { isAlive } from "../store/index.js";
import { BuildError } from "./error.js";

/** The folder that a bundle goes to: a link is written through. Throws BuildError for one that leads nowhere, and for a path that cannot be. */
export function realFolder(target: string): string {
  const folder = resolve(target);
  try {
    if (!lstatSync(folder).isSymbolicLink()) return folder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return folder;
    throw BuildError.writing(folder, error as NodeJS.ErrnoException);
  }
  try {
    return realpathSync(folder);
  } catch (cause) {
    throw new BuildError(
      `cannot write the bundle to ${folder}: it is a symbolic link that leads to no folder`,
      "Remove the link, or make the folder that it leads to.",
      cause,
    );
  }
}

type Kind = "new" | "old" | "damaged";

/** A name beside the folder, on the same disk, that nobody else takes. */
export const sibling = (folder: string, kind: Kind): string =>
  join(dirname(folder), `${siblingStart(folder)}${kind}-${process.pid}-${randomBytes(4).toString("hex")}`);

/** What builds left beside the folder when they were killed: their names carry the process that is gone. */
export function leftovers(folder: string): { readonly path: string; readonly kind: "new" | "old" }[] {
  const start = siblingStart(folder);
  return readdirSync(dirname(folder)).flatMap((name) => {
    const [, kind, pid] =
      (name.startsWith(start) && /^(new|old)-(\d+)-[0-9a-f]{8}$/.exec(name.slice(start.length))) || [];
    return kind && !isAlive(Number(pid)) ? [{ path: join(dirname(folder), name), kind: kind as "new" | "old" }] : [];
  });
}
