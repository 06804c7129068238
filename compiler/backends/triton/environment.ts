import { accessSync, constants, existsSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { execa } from "execa";
import { makeFolder } from "../../make-folder.js";
import { lastTritonContent, noteTritonContent, tritonContent } from "./content.js";
import { EnvironmentError, explainInstallation } from "./environment-error.js";
import { environmentFolder, STAMP_NAME } from "./environment-place.js";
import { findPython, requireTritonSupport, type SystemPython, suitsTriton } from "./find-python.js";
import {
  createEnvironment,
  downloadsOf,
  freshDownloads,
  type InstallOptions,
  installerEnvironment,
  installPart,
} from "./install.js";
import { type EnvironmentPart, lockHash, PARTS, type Part } from "./requirements.js";
import { SetupLock } from "./setup-lock.js";
import { EMPTY_STAMP, hasPython, missingParts, pythonOf, readStamp, type Stamp, writeStamp } from "./stamp.js";

/** A complete private Python environment. */
export interface PythonEnvironment {
  readonly folder: string;
  /** The interpreter to run. */
  readonly python: string;
  readonly pythonVersion: string;
  readonly sitePackages: string;
}

/** What is installed, and who is told of it. */
export interface EnsureOptions {
  /** Called with a sentence whenever there is something new to show. Not called when nothing has to be done. */
  readonly onProgress?: (text: string) => void;
  /** Called with the place and the size of what is made, before it is made. Default: they are written to stderr. */
  readonly onNotice?: (sentence: string) => void;
  /** Install only what needs no network (wheels named by PIP_FIND_LINKS); otherwise throw "offline". */
  readonly offline?: boolean;
  /** What is wanted beside Triton. Default: the demo model. */
  readonly extras?: readonly ("model" | "test" | "zig")[];
  /** False for the extras alone, which other machines can have too. */
  readonly triton?: boolean;
  readonly signal?: AbortSignal;
}

/** What is made where, and what that takes. */
function sizeNotice(folder: string, missing: readonly Part[]): string {
  const megabytes = (key: "downloadBytes" | "installedBytes") =>
    Math.round(missing.reduce((sum, part) => sum + part[key], 0) / 1e6);
  const labels = missing.map(({ label }) => label).join(" and ");
  return (
    `tilescript: sets up a Python environment in ${folder} with ${labels}: ${megabytes("downloadBytes")} MB to download, ` +
    `${megabytes("installedBytes")} MB there (TILESCRIPT_VENV names another folder)`
  );
}

/** On a terminal in the place of whatever line of progress stands there. */
const toStderr = (sentence: string): void =>
  void process.stderr.write(`${process.stderr.isTTY ? "\r\u001b[2K" : ""}${sentence}\n`);

const LOCK_NAME = "setup.lock";

/**
 * Finds the private environment, or makes it: Triton and the wanted extras from hash-locked requirements. Safe to call
 * from several processes at once; what an interrupted call left is done again. Extras are installed before Triton, so
 * they are there even if this throws because Triton cannot be. Throws EnvironmentError.
 */
export async function ensureEnvironment(options: EnsureOptions = {}): Promise<PythonEnvironment> {
  const folder = environmentFolder();
  try {
    return await ensureIn(folder, options);
  } catch (error) {
    throw explainSystem(folder, error);
  }
}

async function ensureIn(folder: string, options: EnsureOptions): Promise<PythonEnvironment> {
  const wanted: EnvironmentPart[] = [
    ...(options.extras ?? ["model"]),
    ...(options.triton === false ? [] : ["triton" as const]),
  ];
  const ready = findReady(folder, wanted);
  if (ready) return ready;

  const python = await findPython();
  const install: InstallOptions = {
    onProgress: options.onProgress ?? (() => {}),
    offline: options.offline ?? false,
    signal: options.signal,
    env: process.env,
  };
  claim(folder);
  const missing = missingParts(folder, readStamp(folder) ?? EMPTY_STAMP, wanted);
  if (missing.length > 0) (options.onNotice ?? toStderr)(sizeNotice(folder, missing));
  const lock = await SetupLock.acquire(python.executable, join(folder, LOCK_NAME), {
    env: installerEnvironment(folder, process.env),
    onWait: () => install.onProgress("Waiting for another set-up of the Python environment"),
    signal: options.signal,
  });
  try {
    await complete(lock, folder, python, wanted, install);
  } finally {
    // After an abort the lock is gone, and the downloads may be another set-up's; they are emptied at its start anyway.
    if (!options.signal?.aborted) removeDownloads(folder);
    lock.release();
  }
  return describe(folder, readStamp(folder)!);
}

/**
 * The content of the Triton that a build would use, without starting anything (see tritonContent); where there is none, of the last one.
 * Throws EnvironmentError where it is not the locked one.
 */
export async function installedTriton(): Promise<string | undefined> {
  const ready = findReady(environmentFolder(), ["triton"]);
  const lock = lockHash(PARTS.find(({ name }) => name === "triton")!);
  if (!ready) return lastTritonContent(lock);
  const content = await tritonContent(ready);
  await noteTritonContent(lock, content);
  return content;
}

/** The environment if it is complete already, without starting anything. */
export function findReady(folder: string, wanted: readonly EnvironmentPart[]): PythonEnvironment | undefined {
  const stamp = readStamp(folder);
  return hasPython(folder, stamp) && missingParts(folder, stamp, wanted).length === 0
    ? describe(folder, stamp)
    : undefined;
}

const describe = (folder: string, stamp: Stamp): PythonEnvironment => ({
  folder,
  python: pythonOf(folder),
  pythonVersion: stamp.pythonVersion,
  sitePackages: join(folder, stamp.sitePackages),
});

function whatFails(folder: string): string {
  if (!existsSync(folder)) return "cannot be made";
  // A Python in another user's home looks as if it were not there.
  const python = pythonOf(folder);
  return existsSync(python)
    ? "is not complete and cannot be written to"
    : `has no ${relative(folder, python)} that this user may run, and cannot be written to`;
}

/** A stamp that was not finished. */
const isDraft = (name: string): boolean => name.startsWith(`${STAMP_NAME}.`);

/** Makes the folder ours. One that somebody else filled is never touched. */
function claim(folder: string): void {
  makeFolder(folder);
  accessSync(folder, constants.W_OK);
  const names = readdirSync(folder);
  const foreign = names.filter((name) => name !== LOCK_NAME && name !== downloadsOf(".") && !isDraft(name));
  if (foreign.length > 0 && !names.includes(STAMP_NAME)) {
    throw new EnvironmentError(
      "occupied",
      `${folder} holds files that TileScript did not put there, so no Python environment was made in it.`,
      "Move it away, or set TILESCRIPT_VENV to a new folder.",
    );
  }
}

const REFUSED = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "ELOOP"]);

/** What the system said of a step of ours, as an error that says what to do; others stay as they are. */
function explainSystem(folder: string, error: unknown): unknown {
  const { code = "", syscall, message } = error as NodeJS.ErrnoException;
  if (error instanceof EnvironmentError || syscall === undefined) return error;
  if (code === "ENOSPC" || code === "EDQUOT")
    return explainInstallation("the Python environment", "No space left on device");
  return REFUSED.has(code)
    ? new EnvironmentError(
        "not-writable",
        `The Python environment in ${folder} ${whatFails(folder)}: ${message}.`,
        "Set TILESCRIPT_VENV to a folder of your own, or run this as the user who owns that one.",
      )
    : new EnvironmentError(
        "install-failed",
        `The Python environment in ${folder} could not be set up: ${message}.`,
        "Run again to retry.",
      );
}

function removeDownloads(folder: string): void {
  try {
    rmSync(downloadsOf(folder), { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Only room on the disk is lost, and the error under way is the one to tell.
  }
}

/** Everything that is missing, one step after the other; after each the stamp says how far it got. */
async function complete(
  lock: SetupLock,
  folder: string,
  python: SystemPython,
  wanted: readonly EnvironmentPart[],
  options: InstallOptions,
): Promise<void> {
  let stamp = readStamp(folder);
  freshDownloads(folder);
  // One made for the extras alone, by a Python too old for Triton, gives way when a suitable one appears.
  const outgrown = wanted.includes("triton") && suitsTriton(python) && !suitsTriton(stampedPython(stamp));
  if (!hasPython(folder, stamp) || outgrown) {
    empty(folder);
    writeStamp(folder, EMPTY_STAMP);
    freshDownloads(folder);
    await createEnvironment(lock, folder, python, options);
    stamp = { ...EMPTY_STAMP, ...(await interrogate(folder)) };
    writeStamp(folder, stamp);
  }
  for (const part of missingParts(folder, stamp, wanted)) {
    if (part.name === "triton") requireTritonSupport({ ...python, ...stampedPython(stamp) });
    await installPart(lock, folder, stamp.sitePackages, python, part, options);
    stamp = { ...stamp, parts: { ...stamp.parts, [part.name]: lockHash(part) } };
    writeStamp(folder, stamp);
  }
}

const stampedPython = (stamp: Stamp | undefined) => ({
  version: (stamp?.pythonVersion || "0.0.0").split(".").map(Number) as [number, number, number],
});

function empty(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name !== LOCK_NAME && name !== STAMP_NAME) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

async function interrogate(folder: string): Promise<Pick<Stamp, "pythonVersion" | "sitePackages">> {
  const script =
    "import json, os, sys, sysconfig; print(json.dumps([sys.version.split()[0], os.path.relpath(sysconfig.get_path('purelib'), sys.prefix)]))";
  const run = await execa(pythonOf(folder), ["-I", "-c", script], { reject: false, stdin: "ignore" });
  if (run.failed) throw explainInstallation("the Python environment", `${run.stdout}\n${run.stderr}`);
  const [pythonVersion, sitePackages] = JSON.parse(run.stdout) as [string, string];
  return { pythonVersion, sitePackages };
}
