import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { PythonEnvironment } from "../backends/triton/index.js";
import type { Manifest } from "../bundle/index.js";
import { type Diagnostic, DiagnosticError, isError } from "../diagnostics/index.js";
import type { Kernel } from "../ir/index.js";
import { EXPORT_A_KERNEL } from "../no-kernels.js";
import { checkReplaceable } from "./earlier.js";
import { BuildError } from "./error.js";
import { sha256 } from "./names.js";
import { lacksBuilds } from "./plan.js";
import type { BuildProgress } from "./progress.js";
import { projectOf } from "./project.js";
import { type Request, remember, unchanged } from "./record.js";

/** What is built, for what, and where to. */
export interface BuildOptions {
  /** TypeScript files with kernels. */
  readonly files: readonly string[];
  /** Architectures to make cubins for, such as 90 for sm_90; none for a bundle that only the CPU executor runs, which needs no Python. */
  readonly arch: readonly number[];
  /** Folder of the bundle, or a link to it. An earlier bundle there is replaced; where there are other files nothing is written. */
  readonly out: string;
  /** The folder is TileScript's own: one whose manifest cannot be read is set aside, not refused. */
  readonly own?: boolean;
  /** Folder that names in the bundle are relative to. Default: the one of the first file's package.json. */
  readonly project?: string;
  /**
   * Cubins that name the lines of TypeScript that they were made of, for profilers and debuggers; names are relative to `project`. They are larger.
   * Default false.
   */
  readonly lineInfo?: boolean;
  /** Triton processes at once. Default: the cores. */
  readonly jobs?: number;
  /** How to get Triton, asked for only where something has to be compiled. Default: `ensureEnvironment`. */
  readonly environment?: () => Promise<PythonEnvironment>;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

/** What a build has made. Its errors are thrown: DiagnosticError, BuildError, EnvironmentError. */
export interface BuildResult {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Warnings; errors are thrown. */
  readonly diagnostics: readonly Diagnostic[];
  /** Cubins that were compiled, and cubins that came from the cache or were there already. */
  readonly built: number;
  readonly cached: number;
}

/**
 * Builds a bundle: checks the kernels, compiles each build for each architecture, and writes everything at once or nothing. What was
 * compiled before comes from the cache; where nothing at all has changed, neither the front end nor Python is started.
 *
 * Throws DiagnosticError for problems of the kernels, BuildError where the bundle cannot be written, and EnvironmentError where
 * there is something to compile and no Triton.
 */
export async function build(options: BuildOptions): Promise<BuildResult> {
  const request = requestOf(options);
  const { folder, arch, project } = request;
  const before = unchanged(request);
  if (before) {
    const cached = before.manifest.kernels.reduce((sum, { variants }) => sum + variants.length, 0);
    return { folder, manifest: before.manifest, diagnostics: before.warnings, built: 0, cached };
  }
  const { jobs, environment, onProgress, signal, own } = options;
  await checkReplaceable(folder, { own });
  onProgress?.({ text: "Checking kernels" });
  const { kernels, warnings, sources } = await checked(request);
  if (kernels.length === 0)
    throw new BuildError(`there are no kernels in ${request.files.join(", ")}`, EXPORT_A_KERNEL);
  const { measuredBeside } = await import("./tuned/beside.js");
  const beside = measuredBeside(kernels, project);
  if (beside.problems.some(isError)) throw new DiagnosticError([...warnings, ...beside.problems], project);
  const sourceHash = (file: string): string => sha256(readFileSync(join(project, file)));
  const { bundleKernels } = await import("./from-kernels.js");
  const bundle = await bundleKernels(kernels, {
    arch,
    folder,
    own,
    project,
    sourceHash,
    lineInfo: request.lineInfo,
    tuned: beside.tuned,
    jobs,
    environment,
    onProgress,
    signal,
  });
  const diagnostics = [...warnings, ...beside.problems, ...bundle.warnings];
  remember(request, [...sources, ...beside.paths], bundle.manifestText, diagnostics);
  return { folder, manifest: bundle.manifest, diagnostics, built: bundle.built, cached: bundle.cached };
}

function requestOf({ files, arch, out, project, lineInfo }: BuildOptions): Request {
  const [first] = files;
  if (first === undefined)
    throw new BuildError("there are no files to build", "Name the TypeScript files with the kernels.");
  const absolute = [...new Set(files.map((file) => resolve(file)))].sort();
  return {
    files: absolute,
    arch: [...new Set(arch)].sort((a, b) => a - b),
    folder: resolve(out),
    project: resolve(project ?? projectOf(first)),
    ...(lineInfo && { lineInfo }),
  };
}

interface Sound {
  readonly kernels: readonly Kernel[];
  readonly warnings: readonly Diagnostic[];
  readonly sources: readonly string[];
}

/** The kernels that have builds or may be given some, in the order of their files. Throws DiagnosticError with every problem found. */
async function checked({ files, project }: Request): Promise<Sound> {
  const [{ check }, { bundleProblems }] = await Promise.all([import("../check.js"), import("./problems.js")]);
  const { kernels, diagnostics, sources } = check(files, { project });
  const problems = diagnostics.some(isError) ? diagnostics : [...diagnostics, ...bundleProblems(kernels)];
  if (problems.some(isError)) throw new DiagnosticError(problems, project);
  return { kernels: kernels.filter((kernel) => !lacksBuilds(kernel)), warnings: diagnostics, sources };
}
