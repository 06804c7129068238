import { existsSync } from "node:fs";
import { FileError, readText } from "../../files.js";
import { ModelError } from "../errors.js";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Far above any real configuration. */
const largest = 16 << 20;

/** The JSON object in the file at `path`; undefined if there is no such file. Throws ModelError for anything else. */
export function readJsonObject(path: string): JsonObject | undefined {
  if (!existsSync(path)) return undefined;
  const fault = (what: string, cause?: unknown) => new ModelError("json-invalid", what, { file: path, cause });
  let value: unknown;
  try {
    value = JSON.parse(readText(path, largest));
  } catch (cause) {
    if (cause instanceof FileError) throw new ModelError("file-unreadable", cause.what, { file: path, cause });
    throw fault(`is not JSON (${(cause as Error).message})`, cause);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw fault("is JSON, but not an object");
}
