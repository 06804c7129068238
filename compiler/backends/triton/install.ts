import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { EnvironmentError, explainInstallation } from "./environment-error.js";
import { type SystemPython, uvPath } from "./find-python.js";
import { folderBytes } from "./folder-bytes.js";
import type { Part } from "./requirements.js";
import type { SetupLock } from "./setup-lock.js";
import { pythonOf } from "./stamp.js";

export interface InstallOptions {
  readonly onProgress: (text: string) => void;
  readonly offline: boolean;
  readonly signal?: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
}

const MB = 1_000_000;
const POLL_MS = 700;

/** Downloads of the installers, inside the environment: on the same disk, and gone with it. */
export const downloadsOf = (folder: string) => join(folder, "downloads");

/** Variables that would make pip or venv work on another environment than ours. */
const FOREIGN =
  /^(VIRTUAL_ENV|CONDA_PREFIX|PYTHON(PATH|HOME|USERBASE)|PIP_(TARGET|PREFIX|USER|REQUIRE_VIRTUALENV|PYTHON|CONFIG_SETTINGS|NO_DEPS|CONSTRAINT)|UV_(PYTHON|PROJECT_ENVIRONMENT|CONSTRAINT|OVERRIDE))$/;

export function installerEnvironment(folder: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !FOREIGN.test(name));
  return {
    ...Object.fromEntries(kept),
    TMPDIR: downloadsOf(folder),
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PIP_NO_INPUT: "1",
    PYTHONUNBUFFERED: "1",
    NO_COLOR: "1",
  };
}

/** Makes an empty environment in a folder that exists. */
export async function createEnvironment(
  lock: SetupLock,
  folder: string,
  python: SystemPython,
  options: InstallOptions,
): Promise<void> {
  options.onProgress(`Creating a Python ${python.version.join(".")} environment in ${folder}`);
  const uv = uvPath(options.env);
  const command = uv
    ? [uv, "venv", "--allow-existing", "--no-project", "--no-config", "--python", python.executable, folder]
    : [python.executable, "-I", "-m", "venv", ...(python.ensurepip ? [] : ["--without-pip"]), folder];
  if (!uv && !python.ensurepip && !(python.venv && python.pip)) {
    throw explainInstallation("Python's venv module", "No module named 'ensurepip'");
  }
  const { code, output } = await lock.run(command, options);
  if (code !== 0) throw explainInstallation("the Python environment", output);
}

/** Installs one part from its hash-locked requirements, over whatever a cut-off installation left. */
export async function installPart(
  lock: SetupLock,
  folder: string,
  sitePackages: string,
  python: SystemPython,
  part: Part,
  options: InstallOptions,
): Promise<void> {
  requireSpace(folder, part);
  removeLeftovers(join(folder, sitePackages), part);
  options.onProgress(`Downloading ${part.label} (${megabytes(part.downloadBytes)} MB)`);
  const stop = watchProgress(folder, sitePackages, part, options.onProgress);
  try {
    const { code, output } = await lock.run(installCommand(folder, python, part, options), options);
    if (code !== 0) throw options.offline ? offlineError(part, output) : explainInstallation(part.label, output);
  } finally {
    stop();
  }
}

function installCommand(folder: string, python: SystemPython, part: Part, { offline, env }: InstallOptions): string[] {
  const locked = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", part.file];
  const uv = uvPath(env);
  if (uv) {
    return [
      uv,
      "pip",
      "install",
      "--no-config",
      "--python",
      pythonOf(folder),
      "--compile-bytecode",
      ...(offline ? ["--offline"] : []),
      ...locked,
    ];
  }
  // Without ensurepip the system's own pip installs into the environment (pip ≥ 22.3).
  const pip = existsSync(join(folder, "bin", "pip"))
    ? [pythonOf(folder), "-I", "-m", "pip"]
    : [python.executable, "-I", "-m", "pip", "--python", pythonOf(folder)];
  return [...pip, "install", "--progress-bar", "off", ...(offline ? ["--no-index"] : []), ...locked];
}

function offlineError(part: Part, output: string): EnvironmentError {
  return new EnvironmentError(
    "offline",
    `${part.label} is not installed, and the network was not to be used.`,
    "Run once with a network, or point PIP_FIND_LINKS at a folder with its wheel.",
    output,
  );
}

function requireSpace(folder: string, part: Part): void {
  const disk = statfsSync(folder);
  const free = disk.bavail * disk.bsize;
  // pip holds a download twice while it puts it into its cache.
  const needed = 2 * part.downloadBytes + part.installedBytes;
  if (free >= needed) return;
  throw new EnvironmentError(
    "disk-full",
    `${part.label} needs ${megabytes(needed)} MB in ${folder}, but only ${megabytes(free)} MB are free.`,
    "Free some space there, or put the environment elsewhere with TILESCRIPT_VENV=/path/with/room.",
  );
}

/** Files without a record confuse pip and uv, so what belongs to the part goes first; "~" marks pip's own half-moved folders. */
function removeLeftovers(sitePackages: string, part: Part): void {
  for (const entry of existsSync(sitePackages) ? readdirSync(sitePackages) : []) {
    if (entry.startsWith("~") || part.owns.includes(entry.split(/[-.]/)[0]!.toLowerCase())) {
      rmSync(join(sitePackages, entry), { recursive: true, force: true });
    }
  }
}

/** Neither installer tells its progress to a pipe, so look at what it has written. Returns the function that stops. */
function watchProgress(
  folder: string,
  sitePackages: string,
  part: Part,
  onProgress: (text: string) => void,
): () => void {
  const unpacked = join(folder, sitePackages, part.owns[0]!);
  const timer = setInterval(() => {
    const installed = folderBytes(unpacked);
    const downloaded = folderBytes(downloadsOf(folder));
    if (installed > 0) {
      onProgress(`Installing ${part.label} (${megabytes(installed)} of ${megabytes(part.installedBytes)} MB)`);
    } else if (downloaded > 0) {
      onProgress(
        `Downloading ${part.label} (${megabytes(Math.min(downloaded, part.downloadBytes))} of ${megabytes(part.downloadBytes)} MB)`,
      );
    }
  }, POLL_MS);
  return () => clearInterval(timer);
}

const megabytes = (bytes: number) => Math.round(bytes / MB);

/** An empty folder for the installers' temporary files. */
export function freshDownloads(folder: string): void {
  rmSync(downloadsOf(folder), { recursive: true, force: true });
  mkdirSync(downloadsOf(folder), { recursive: true });
}
