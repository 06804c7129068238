import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { EnvironmentError } from "./environment-error.js";

export interface SystemPython {
  readonly executable: string;
  readonly version: readonly [number, number, number];
  readonly machine: string;
  /** "glibc 2.36"; empty where there is no glibc. */
  readonly libc: string;
  readonly venv: boolean;
  readonly ensurepip: boolean;
  readonly pip: boolean;
}

/** Triton 3.9.0 has wheels for these; older Pythons can still hold the other parts. */
export const TRITON_PYTHON = { oldest: [3, 11], newest: [3, 15] } as const;

const PROBE = `
import importlib.util as u, json, platform, sys
has = lambda name: u.find_spec(name) is not None
print(json.dumps({
  "executable": getattr(sys, "_base_executable", None) or sys.executable, "version": sys.version_info[:3],
  "machine": platform.machine(), "libc": " ".join(platform.libc_ver()).strip(),
  "venv": has("venv"), "ensurepip": has("ensurepip"), "pip": has("pip")}))`;

const NAMES = ["python3", "python3.13", "python3.12", "python3.11", "python3.14", "python3.15", "python3.10", "python"];

/**
 * The system's Python to build on: the first that suits Triton, else the newest there is.
 * TILESCRIPT_PYTHON names one instead. Throws "no-python".
 */
export async function findPython(env: NodeJS.ProcessEnv = process.env): Promise<SystemPython> {
  const named = env.TILESCRIPT_PYTHON;
  const found: SystemPython[] = [];
  for (const name of named ? [named] : candidates(env)) {
    const python = await probe(name);
    if (python && suitsTriton(python) && (python.ensurepip || uvPath(env))) return python;
    if (python) found.push(python);
  }
  const managed = named ? undefined : await uvPython(env);
  if (managed) return managed;
  const best = found.find(suitsTriton) ?? found.sort(newestFirst)[0];
  if (best) return best;
  throw new EnvironmentError(
    "no-python",
    named ? `TILESCRIPT_PYTHON is ${named}, which does not run as a Python 3.` : "There is no Python 3 on the PATH.",
    "Install Python 3.11 or later: sudo apt-get install python3 python3-venv (Debian, Ubuntu), or uv python install 3.13.",
  );
}

export function suitsTriton({ version }: Pick<SystemPython, "version">): boolean {
  const [major, minor] = version;
  return major === 3 && minor >= TRITON_PYTHON.oldest[1] && minor <= TRITON_PYTHON.newest[1];
}

/** Throws unless Triton's wheels can run on this machine with this Python. */
export function requireTritonSupport(python: SystemPython): void {
  const remedy = "Compile on a Linux machine (x86-64 or aarch64, glibc 2.27 or later) and copy the bundle here.";
  if (process.platform !== "linux" || !["x86_64", "aarch64"].includes(python.machine)) {
    throw unsupported(`Triton has no build for ${process.platform} on ${python.machine}.`, remedy);
  }
  const glibc = /^glibc (\d+)\.(\d+)/.exec(python.libc);
  if (!glibc || Number(glibc[1]) * 100 + Number(glibc[2]) < 227) {
    throw unsupported(
      `Triton needs glibc 2.27 or later; this system has ${python.libc || "another C library"}.`,
      remedy,
    );
  }
  if (!suitsTriton(python)) {
    throw new EnvironmentError(
      "python-too-old",
      `Triton 3.9.0 needs Python 3.11 to 3.15; ${python.executable} is ${python.version.join(".")}.`,
      "Install one beside it: sudo apt-get install python3.11 python3.11-venv (Debian, Ubuntu), or uv python install 3.13; " +
        "TILESCRIPT_PYTHON=/path/to/python3 chooses it.",
    );
  }
}

const unsupported = (missing: string, remedy: string) => new EnvironmentError("unsupported-platform", missing, remedy);

/** uv is used where it is on the PATH: it is faster, and needs neither venv nor pip of the system's Python. */
export function uvPath(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env.TILESCRIPT_NO_UV ? undefined : onPath("uv", env)[0];
}

function candidates(env: NodeJS.ProcessEnv): string[] {
  return [...new Set(NAMES.flatMap((name) => onPath(name, env)).concat("/usr/bin/python3"))].filter(existsSync);
}

function onPath(name: string, env: NodeJS.ProcessEnv): string[] {
  return (env.PATH ?? "")
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .filter(existsSync);
}

async function probe(path: string): Promise<SystemPython | undefined> {
  const run = await execa(path, ["-I", "-c", PROBE], { reject: false, timeout: 20_000, stdin: "ignore" });
  if (run.failed) return undefined;
  try {
    return JSON.parse(run.stdout) as SystemPython;
  } catch {
    return undefined;
  }
}

/** A suitable Python that uv installed for itself earlier; nothing is downloaded. */
async function uvPython(env: NodeJS.ProcessEnv): Promise<SystemPython | undefined> {
  const uv = uvPath(env);
  if (!uv) return undefined;
  const range = `>=${TRITON_PYTHON.oldest.join(".")},<=${TRITON_PYTHON.newest.join(".")}.99`;
  const run = await execa(uv, ["python", "find", "--no-python-downloads", range], {
    reject: false,
    timeout: 20_000,
    stdin: "ignore",
  });
  return run.failed ? undefined : probe(run.stdout.trim());
}

const newestFirst = (a: SystemPython, b: SystemPython) => b.version[1] - a.version[1];
