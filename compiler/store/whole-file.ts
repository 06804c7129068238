import { constants, type Stats } from "node:fs";
import { open } from "node:fs/promises";

/** What is at this path is not what we wrote there, or not ours. It can be removed and made anew. */
export class DamagedFile extends Error {
  override readonly name = "DamagedFile";
  readonly path: string;
  constructor(path: string, cause?: unknown) {
    super(`${path} is not as it was written`, { cause });
    this.path = path;
  }
}

/** Systems without users have no owners to compare. */
export const isOurs = ({ uid }: Stats): boolean => uid === (process.geteuid?.() ?? uid);
export const othersMayWrite = ({ mode }: Stats): boolean => (mode & 0o022) !== 0;

const PASSING = new Set(["EMFILE", "ENFILE", "ENOMEM", "EAGAIN"]);

/** Errors of the process or the machine, not of the file: another try may do better. */
export const isPassing = (error: unknown): boolean => PASSING.has((error as NodeJS.ErrnoException)?.code ?? "");

/**
 * The bytes of a file of ours, which no link, pipe or folder stands for and others cannot write to. Throws ENOENT where there is nothing,
 * DamagedFile where it is anything else or longer than `limit`, and the system's error where that is about the machine.
 */
export async function readOwn(path: string, limit: number): Promise<Buffer> {
  try {
    // Without O_NONBLOCK a pipe in its place would wait for somebody to write.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || !isOurs(stats) || othersMayWrite(stats) || stats.size > limit) throw new DamagedFile(path);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    const passing = error instanceof DamagedFile || isPassing(error);
    throw passing || (error as NodeJS.ErrnoException).code === "ENOENT" ? error : new DamagedFile(path, error);
  }
}

/** Writes a new file that is on the disk when this resolves, so that a rename afterwards never shows a name without its bytes. */
export async function writeSynced(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Puts the names in a folder on the disk. Some file systems cannot. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync().catch((error: NodeJS.ErrnoException) => {
      if (!["EINVAL", "ENOTSUP", "EBADF"].includes(error.code ?? "")) throw error;
    });
  } finally {
    await folder.close();
  }
}
