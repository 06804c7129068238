import { TileScriptError } from "../../../dsl/errors.js";

/** Why the private Python environment is not there. Each costs compiling with Triton, and nothing else. */
export type EnvironmentErrorCode =
  | "no-python"
  | "python-too-old"
  | "no-venv"
  | "unsupported-platform"
  | "no-network"
  | "no-wheel"
  | "hash-mismatch"
  | "disk-full"
  | "not-writable"
  | "occupied"
  | "offline"
  | "temporary-folder"
  | "broken"
  | "changed"
  | "install-failed"
  | "aborted";

const STILL_WORKS = "`tilescript check`, the CPU executor and prebuilt bundles work without it.";

/** The message has three lines: what is missing, what still works, how to get it. */
export class EnvironmentError extends TileScriptError {
  override readonly name = "EnvironmentError";
  declare readonly code: EnvironmentErrorCode;
  /** What is missing, in one sentence. */
  readonly missing: string;
  readonly stillWorks = STILL_WORKS;
  declare readonly hint: string;
  /** Output of the program that failed, where there was one. */
  readonly detail: string;

  constructor(code: EnvironmentErrorCode, missing: string, hint: string, detail = "") {
    super(code, `${missing}\n${STILL_WORKS}`, { hint });
    this.missing = missing;
    this.detail = detail;
  }
}

interface Symptom {
  readonly code: EnvironmentErrorCode;
  readonly pattern: RegExp;
  readonly missing: (label: string) => string;
  readonly remedy: string;
}

/** What pip, uv and venv print, most telling first. */
const SYMPTOMS: readonly Symptom[] = [
  {
    code: "disk-full",
    pattern: /No space left on device|os error 28|Errno 28|Disk quota exceeded|Errno 122|os error 122/i,
    missing: (label) => `The disk became full while ${label} was installed.`,
    remedy: "Free about 1.5 GB there, or put the environment elsewhere with TILESCRIPT_VENV=/path/with/room.",
  },
  {
    code: "hash-mismatch",
    pattern: /DO NOT MATCH THE HASHES|Hash mismatch/i,
    missing: (label) =>
      `What the package index served for ${label} is not the file that was locked, so it was not installed.`,
    remedy: "Use the official index (look at PIP_INDEX_URL and pip.conf), or ask who runs your mirror.",
  },
  {
    code: "no-venv",
    pattern: /ensurepip is not\s+available|No module named '?(ensurepip|venv)/i,
    missing: () => "This Python comes without its venv module.",
    remedy: "Install it: sudo apt-get install python3-venv (Debian, Ubuntu), or put uv on the PATH.",
  },
  {
    code: "no-network",
    pattern:
      /from versions: none|name resolution|ConnectionError|Connection refused|ConnectTimeout|Read timed out|Max retries|ProxyError|SSLError|Network is unreachable|error sending request|dns error|Failed to fetch|HTTP error|Client Error|Server Error/i,
    missing: (label) => `The package index could not be reached to get ${label}.`,
    remedy:
      "Check the network; behind a proxy set HTTPS_PROXY; for a mirror set PIP_INDEX_URL (pip) or UV_INDEX_URL (uv); " +
      "without any network put the wheels into a folder and set PIP_FIND_LINKS and PIP_NO_INDEX=1.",
  },
  {
    code: "no-wheel",
    pattern: /No matching distribution|Could not find a version|no version of|has no wheels|not compatible with/i,
    missing: (label) => `The package index has no file of ${label} for this Python and machine.`,
    remedy: "Check that the index is a full mirror of PyPI, and that Python is 3.11 to 3.15 on Linux with glibc.",
  },
  {
    code: "not-writable",
    pattern: /Permission denied|Read-only file system|Errno 13|Errno 30/i,
    missing: (label) => `There is no permission to write where ${label} would be installed.`,
    remedy: "Make the folder writable, or put the environment elsewhere with TILESCRIPT_VENV=/path.",
  },
];

/** Turns the output of a failed installation into the error to show. */
export function explainInstallation(label: string, output: string): EnvironmentError {
  const symptom = SYMPTOMS.find(({ pattern }) => pattern.test(output));
  return symptom
    ? new EnvironmentError(symptom.code, symptom.missing(label), symptom.remedy, output)
    : new EnvironmentError(
        "install-failed",
        `${label} could not be installed: ${lastLine(output)}`,
        "Run again to retry; the full output is in the error's detail.",
        output,
      );
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1)?.trim() || "the installer printed nothing";
}
