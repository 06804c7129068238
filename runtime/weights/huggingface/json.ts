import { readFileSync, statSync } from "node:fs";
import { ModelError } from "../errors.js";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Far above any real configuration. */
const largest = 16 << 20;

/** The JSON object in the file at `path`; undefined if there is no such file. Throws ModelError for anything else. */
export function readJsonObject(path: string): JsonObject | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return undefined;
  const fault = (what: string, cause?: unknown) => new ModelError("json-invalid", what, { file: path, cause });
  if (!stats.isFile()) throw fault("is not a regular file");
  if (stats.size > largest) throw fault(`is ${stats.size} bytes long, more than 16 MiB`);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw fault(`is not JSON (${(cause as Error).message})`, cause);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw fault("is JSON, but not an object");
}
