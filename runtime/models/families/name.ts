/** What people call a model. */

import { basename } from "node:path";
import type { Checkpoint } from "../../weights/index.js";

/** What conversions append: the part's number, the quantisation, and what was quantised from. */
const APPENDED = /[-. _]+(?:\d{5}-of-\d{5}|(?:ud-)?i?q\d(?:_\w+)?|[bf]f?(?:16|32)|fp\d+|int\d|awq|gptq|gguf|imat)$/i;

function trimmed(name: string): string {
  const short = name.replace(APPENDED, "");
  return short === name ? name : trimmed(short);
}

/**
 * A name without its quantisation: the GGUF file's own where it tells of the same model as `general.name` does, which may be that of a trial
 * ("Smollm2 135M 8k Lc100K Mix1 Ep2"), else `general.name`; that one's capitals where the two are equal.
 */
export function personalName(general: string, file: string): string {
  const [stated, called] = [general.trim().replace(/\s+/g, "-"), file.replace(/\.gguf$/i, "")].map(trimmed) as [
    string,
    string,
  ];
  const [family] = stated.toLowerCase().split("-");
  const agrees = called.toLowerCase().startsWith(family!) && called.toLowerCase() !== stated.toLowerCase();
  return agrees || stated === "" ? called : stated;
}

/** In Hugging Face's cache a folder is a hash below models--OWNER--NAME/snapshots. */
export function modelName(checkpoint: Checkpoint): string {
  if (checkpoint.kind === "gguf")
    return personalName(checkpoint.metadata.string("general.name", ""), basename(checkpoint.path));
  const parts = checkpoint.path.split(/[\\/]+/).filter((part) => part !== "" && part !== ".");
  const cached =
    parts.at(-2) === "snapshots"
      ? parts
          .at(-3)
          ?.replace(/^models--/, "")
          .replaceAll("--", "/")
      : undefined;
  return cached ?? parts.at(-1) ?? "";
}
