import { isUtf8 } from "node:buffer";
import { basename } from "node:path";
import { readRegular } from "../../runtime/files.js";
import { EvaluationError } from "./errors.js";

export interface TextSource {
  /** For people: "noise", or the file's name. */
  readonly name: string;
  readonly text: string;
}

/** A text file. @throws EvaluationError for a file that is no text or has none; errors of the file system as they are */
export function readTextSource(path: string): TextSource {
  const bytes = readRegular(path);
  const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
  const problem =
    text.trim() === ""
      ? "has no text"
      : text.includes("\0")
        ? "is not text"
        : // Replacement characters would be read, and counted, in place of what it says.
          isUtf8(bytes)
          ? undefined
          : "is not UTF-8";
  if (problem !== undefined) throw new EvaluationError(`${path} ${problem}`, "Give a file of plain text, in UTF-8.");
  return { name: basename(path), text };
}
