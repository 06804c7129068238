import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../make-folder.js";
import { cacheFolder } from "./folder.js";

/** Why the cache cannot be written to, as the system's code; undefined where it can. Makes the folder if it is not there. */
export function cacheProblem(folder = cacheFolder()): string | undefined {
  const probe = join(folder, `.probe-${process.pid}-${randomBytes(4).toString("hex")}`);
  try {
    makeFolder(folder);
    // Permissions alone do not tell of a full or read-only disk.
    writeFileSync(probe, "probe", { flag: "wx" });
    rmSync(probe);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
