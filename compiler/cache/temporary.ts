import { lstat, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { draftIn, isAlive, TEMPORARY } from "../store/index.js";

/** Time after which what a dead process left is surely not in use: its pid may be of another container. */
const GRACE_MS = 60_000;
const HOPELESS_MS = 24 * 3_600_000;

/** Deletes a file or folder below the root such that nobody ever sees half of it. */
export async function discard(root: string, path: string): Promise<void> {
  const rubbish = draftIn(root);
  await rename(path, rubbish);
  await rm(rubbish, { recursive: true, force: true });
}

/** Removes what killed processes left. */
export async function sweep(root: string): Promise<void> {
  for (const name of await readdir(join(root, TEMPORARY)).catch(() => [])) {
    const path = join(root, TEMPORARY, name);
    const found = await lstat(path).catch(() => undefined);
    const age = found ? Date.now() - found.mtimeMs : 0;
    if (age > HOPELESS_MS || (age > GRACE_MS && !isAlive(Number.parseInt(name, 10)))) {
      await rm(path, { recursive: true, force: true }).catch(() => {});
    }
  }
}
