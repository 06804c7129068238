import { createHash } from "node:crypto";
import { lstat, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { draftIn } from "./draft.js";
import { privateFolder, privateRoot } from "./private-folder.js";
import { DamagedFile, readOwn, writeSynced } from "./whole-file.js";

const SEAL_BYTES = 32;
const LARGEST = 256 * 1024 * 1024;
/** How long a file is kept: what made it has changed meanwhile, or makes it again in no time. */
const KEPT_MS = 30 * 24 * 3600 * 1000;

/**
 * Code that is run as it was stored, by a key in hex that names everything it depends on. Each file begins with the SHA-256 of its key and
 * its content, so a damaged or a moved one is never run but removed; it appears whole or not at all, so processes may share the folder and
 * may be killed. What is older than a month goes. Neither call fails: a store may lose things.
 */
export class SealedFolder {
  readonly #root: string;
  readonly #name: string;

  constructor(root: string, name: string) {
    this.#root = root;
    this.#name = name;
  }

  async get(key: string): Promise<Buffer | undefined> {
    try {
      const path = join(privateFolder(privateRoot(this.#root), this.#below(key), false), key);
      const bytes = await readOwn(path, LARGEST);
      const content = bytes.subarray(SEAL_BYTES);
      if (bytes.length < SEAL_BYTES || !seal(key, content).equals(bytes.subarray(0, SEAL_BYTES)))
        throw new DamagedFile(path);
      return content;
    } catch (error) {
      if (error instanceof DamagedFile) await remove(error.path);
      return undefined;
    }
  }

  async put(key: string, content: Uint8Array): Promise<void> {
    let draft: string | undefined;
    try {
      const root = privateRoot(this.#root);
      const folder = privateFolder(root, this.#below(key));
      draft = draftIn(root);
      await writeSynced(draft, Buffer.concat([seal(key, content), content]));
      const path = join(folder, key);
      await rename(draft, path).catch(async (error) => {
        // Something that a file cannot replace is there.
        if (!["EISDIR", "ENOTEMPTY", "EEXIST"].includes(error.code)) throw error;
        await remove(path);
        await rename(draft!, path);
      });
      await dropOld(folder);
    } catch {
      // No room or no right to write: it is made again next time.
      if (draft !== undefined) await remove(draft);
    }
  }

  #below(key: string): string[] {
    return [this.#name, key.slice(0, 2)];
  }
}

const seal = (key: string, content: Uint8Array): Buffer =>
  createHash("sha256").update(`${key}\0`).update(content).digest();

/** Every folder is written to now and then, and then loses what is old. */
async function dropOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (Date.now() - (await lstat(path)).mtimeMs > KEPT_MS) await remove(path);
  }
}

const remove = (path: string): Promise<void> => rm(path, { recursive: true, force: true }).catch(() => undefined);
