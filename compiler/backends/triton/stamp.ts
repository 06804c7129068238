import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { STAMP_NAME } from "./environment-place.js";
import { type EnvironmentPart, lockHash, PARTS, type Part } from "./requirements.js";

/** What is completely installed in an environment. Absent parts were never installed, or an installation was cut off. */
export interface Stamp {
  readonly format: 1;
  /** Of the environment's Python; empty until the environment itself exists. */
  readonly pythonVersion: string;
  /** Relative to the environment. */
  readonly sitePackages: string;
  /** Hash of the requirements each part was installed from. */
  readonly parts: Partial<Record<EnvironmentPart, string>>;
}

export const EMPTY_STAMP: Stamp = { format: 1, pythonVersion: "", sitePackages: "", parts: {} };

/**
 * undefined where there is none, or none that can be understood: then the environment is made anew. So the system's error is thrown where
 * reading failed for another reason, which may be gone the next time.
 */
export function readStamp(folder: string): Stamp | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, STAMP_NAME), "utf8");
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
  try {
    const stamp = JSON.parse(text) as Stamp;
    const strings = [stamp.pythonVersion, stamp.sitePackages, ...Object.values(stamp.parts)];
    return stamp.format === 1 && strings.every((one) => typeof one === "string") ? stamp : undefined;
  } catch {
    return undefined;
  }
}

const ABSENT = new Set(["ENOENT", "ENOTDIR", "EISDIR"]);

/** What existsSync cannot say: an error that is about the machine is no absence. */
function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // A Python in another user's home looks as if it were not there.
    if (["ENOTDIR", "EACCES", "ELOOP"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

/** Atomic, also when the power fails: a reader sees the old stamp or the new one. */
export function writeStamp(folder: string, stamp: Stamp): void {
  const draft = join(folder, `${STAMP_NAME}.${process.pid}`);
  try {
    const file = openSync(draft, "w");
    try {
      writeFileSync(file, `${JSON.stringify(stamp, null, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, join(folder, STAMP_NAME));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

export const pythonOf = (folder: string) => join(folder, "bin", "python");

/** The environment's Python is there; its base Python may have been removed from the system. */
export function hasPython(folder: string, stamp: Stamp | undefined): stamp is Stamp {
  return stamp !== undefined && stamp.pythonVersion !== "" && exists(pythonOf(folder));
}

/** The parts among `wanted` that are not completely installed from today's requirements. */
export function missingParts(folder: string, stamp: Stamp, wanted: readonly EnvironmentPart[]): Part[] {
  return PARTS.filter(
    (part) =>
      wanted.includes(part.name) &&
      !(stamp.parts[part.name] === lockHash(part) && exists(join(folder, stamp.sitePackages, part.owns[0]!))),
  );
}
