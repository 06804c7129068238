/** model.safetensors.index.json: which of several files holds which tensor. */

import { dirname, join } from "node:path";
import { z } from "zod";
import { FileError, readText } from "../../files.js";
import { ModelError } from "../errors.js";

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Far above any real index (some 100 bytes a tensor). */
const largestIndex = 100_000_000;

/** Path of the shard of each tensor. Throws ModelError unless the shards lie beside the index. */
export function readIndex(path: string): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  for (const [tensor, name] of Object.entries(parseIndex(path).weight_map)) {
    // A file name only: an index must not be able to reach into other folders.
    if (!/^[^/\\\0]+\.safetensors$/.test(name))
      throw fault(path, `tensor ${JSON.stringify(tensor)} is said to be in ${JSON.stringify(name)}`);
    places.set(tensor, join(dirname(path), name));
  }
  return places;
}

function parseIndex(path: string): z.infer<typeof indexSchema> {
  try {
    return indexSchema.parse(JSON.parse(readText(path, largestIndex)));
  } catch (cause) {
    if (cause instanceof FileError) throw fault(path, cause.what);
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw new ModelError("model-missing", "there is no such file", { file: path, cause });
    }
    throw fault(path, `is not an index of safetensors files (${(cause as Error).message.split("\n")[0]})`);
  }
}

const fault = (file: string, what: string) => new ModelError("safetensors-header", what, { file });
