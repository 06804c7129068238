import { basename } from "node:path";
import { readText } from "../../runtime/files.js";
import { EvaluationError } from "./errors.js";

export interface TextSource {
  /** For people: "noise", or the file's name. */
  readonly name: string;
  readonly text: string;
}

/** A text file. @throws EvaluationError for a file that is no text or has none; errors of the file system as they are */
export function readTextSource(path: string): TextSource {
  const text = readText(path).replace(/^\uFEFF/, "");
  const isEmpty = text.trim() === "";
  if (isEmpty || text.includes("\0"))
    throw new EvaluationError(`${path} ${isEmpty ? "has no text" : "is not text"}`, "Give a file of plain text.");
  return { name: basename(path), text };
}
