import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isWhole, type Manifest, readManifest } from "../bundle/index.js";
import { cacheFolder } from "../cache/index.js";
import type { Diagnostic } from "../diagnostics/index.js";
import { makeFolder } from "../make-folder.js";
import { compilerFingerprint } from "../store/index.js";
import { sha256 } from "./names.js";

/** What identifies a build: asked again with the same, it may have nothing to do. */
export interface Request {
  readonly files: readonly string[];
  readonly arch: readonly number[];
  readonly folder: string;
  readonly project: string;
  readonly lineInfo?: boolean;
}

/** What is remembered of a build that succeeded. */
interface Record {
  readonly compiler: string;
  /** Every source that was read, imports included, by absolute path, with its hash. */
  readonly sources: readonly (readonly [path: string, sha256: string])[];
  readonly manifest: string;
  readonly warnings: readonly Diagnostic[];
}

const recordFile = (request: Request): string =>
  join(cacheFolder(), "builds", `${sha256(JSON.stringify(request))}.json`);

/** Empty for a file that is not there, and may have been looked for. */
const hashOf = (path: string): string => (existsSync(path) ? sha256(readFileSync(path)) : "");

/**
 * The bundle of an earlier build if nothing has changed since: neither the sources and what they import, nor the compiler, nor the
 * bundle itself. Takes milliseconds, where starting the front end alone takes half a second.
 */
export function unchanged(request: Request): { manifest: Manifest; warnings: readonly Diagnostic[] } | undefined {
  try {
    const record = JSON.parse(readFileSync(recordFile(request), "utf8")) as Record;
    if (record.compiler !== compilerFingerprint()) return undefined;
    if (record.sources.some(([path, hash]) => hashOf(path) !== hash)) return undefined;
    const { manifest, text } = readManifest(request.folder);
    if (sha256(text) !== record.manifest) return undefined;
    return isWhole(request.folder, manifest) ? { manifest, warnings: record.warnings } : undefined;
  } catch {
    // No record, or one that cannot be read: then everything is looked at.
    return undefined;
  }
}

/** Remembers a build. A cache that cannot be written costs time, not the build. */
export function remember(
  request: Request,
  sources: readonly string[],
  manifestText: string,
  warnings: readonly Diagnostic[],
): void {
  const record: Record = {
    compiler: compilerFingerprint(),
    sources: sources.map((path) => [path, hashOf(path)]),
    manifest: sha256(manifestText),
    warnings,
  };
  try {
    const path = recordFile(request);
    makeFolder(dirname(path));
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(record));
    renameSync(draft, path);
  } catch {
    // The next build will be slower.
  }
}
