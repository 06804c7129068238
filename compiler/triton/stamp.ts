import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
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

export function readStamp(folder: string): Stamp | undefined {
  try {
    const stamp = JSON.parse(readFileSync(join(folder, STAMP_NAME), "utf8")) as Stamp;
    return stamp.format === 1 && typeof stamp.parts === "object" ? stamp : undefined;
  } catch {
    return undefined;
  }
}

/** Atomic: a reader sees the old stamp or the new one. */
export function writeStamp(folder: string, stamp: Stamp): void {
  const draft = join(folder, `${STAMP_NAME}.${process.pid}`);
  writeFileSync(draft, `${JSON.stringify(stamp, null, 2)}\n`);
  renameSync(draft, join(folder, STAMP_NAME));
}

export const pythonOf = (folder: string) => join(folder, "bin", "python");

/** The environment's Python is there; its base Python may have been removed from the system. */
export function hasPython(folder: string, stamp: Stamp | undefined): stamp is Stamp {
  return stamp !== undefined && stamp.pythonVersion !== "" && existsSync(pythonOf(folder));
}

/** The parts among `wanted` that are not completely installed from today's requirements. */
export function missingParts(folder: string, stamp: Stamp, wanted: readonly EnvironmentPart[]): Part[] {
  return PARTS.filter(
    (part) =>
      wanted.includes(part.name) &&
      !(stamp.parts[part.name] === lockHash(part) && existsSync(join(folder, stamp.sitePackages, part.owns[0]!))),
  );
}
