import { randomBytes } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../make-folder.js";

/** Time after which what a dead process left is surely not in use: its pid may be of another container. */
const GRACE_MS = 60_000;
const HOPELESS_MS = 24 * 3_600_000;

/** Drafts and rubbish, on the cache's own disk so that a rename is atomic. Names begin with the owner's pid. */
export class TemporaryFolder {
  readonly #folder: string;

  constructor(root: string) {
    this.#folder = join(root, "temporary");
  }

  /** A path that nobody else uses; its parent exists. */
  async path(): Promise<string> {
    makeFolder(this.#folder);
    return join(this.#folder, `${process.pid}-${randomBytes(8).toString("hex")}`);
  }

  /** Deletes a folder such that nobody ever sees half of it. */
  async discard(folder: string): Promise<void> {
    const rubbish = await this.path();
    await rename(folder, rubbish);
    await rm(rubbish, { recursive: true, force: true });
  }

  /** Removes what killed processes left. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => undefined);
      const age = found ? Date.now() - found.mtimeMs : 0;
      if (age > HOPELESS_MS || (age > GRACE_MS && !isAlive(Number.parseInt(name, 10)))) {
        await rm(path, { recursive: true, force: true }).catch(() => {});
      }
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
