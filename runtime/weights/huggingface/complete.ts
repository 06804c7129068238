/** Whether all of a folder has been downloaded. */

import { closeSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { openAtOnce } from "../../files.js";
import { ModelError } from "../errors.js";
import { readIndex } from "../safetensors/shards.js";

/** What download programs call files that they are not through with. */
const unfinished = /\.(incomplete|part|partial|crdownload|aria2|tmp)$/;

/** Throws ModelError if a file in the folder, whose file names are `names`, is half a download. */
export function requireDownloaded(folder: string, names: readonly string[]): void {
  const half = names.find((name) => unfinished.test(name));
  if (half !== undefined)
    throw new ModelError("download-incomplete", "is half a download", { file: join(folder, half) });
}

/** Throws ModelError unless the weights in `file` of the folder, or all shards that it lists, are there and are no pointers. */
export function requireShards(folder: string, file: string): void {
  const path = join(folder, file);
  const shards = file.endsWith(".json") ? [...new Set(readIndex(path).values())] : [path];
  const missing = shards.filter((shard) => !statSync(shard, { throwIfNoEntry: false })?.isFile());
  if (missing.length > 0) {
    const also = missing.length > 1 ? ` (and ${missing.length - 1} more of ${shards.length} shards)` : "";
    throw new ModelError("download-incomplete", `this shard is missing${also}${underWay(folder)}`, {
      file: missing[0],
    });
  }
  for (const shard of shards) requireNoPointer(shard);
}

/** Hugging Face's tools keep files that they are not through with in a folder of their own. */
function underWay(folder: string): string {
  try {
    const halves = readdirSync(join(folder, ".cache", "huggingface", "download")).filter((name) =>
      unfinished.test(name),
    );
    return halves.length > 0 ? `; ${halves.length} downloads are unfinished` : "";
  } catch {
    return "";
  }
}

const pointerStart = "version https://git-lfs";

/** Cloning a repository without Git LFS leaves a few lines of text in place of each large file. */
function requireNoPointer(path: string): void {
  const start = Buffer.alloc(pointerStart.length);
  const fd = openAtOnce(path).descriptor;
  try {
    readSync(fd, start);
  } finally {
    closeSync(fd);
  }
  if (start.toString("latin1") === pointerStart) {
    throw new ModelError("download-incomplete", "is a Git LFS pointer, not the file itself", {
      file: path,
      hint: "Fetch it with `git lfs pull`.",
    });
  }
}
