import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Manifest } from "../bundle/index.js";
import { Cache, cachedTriton } from "../cache/index.js";
import { type Diagnostic, DiagnosticError } from "../diagnostics/index.js";
import type { Kernel } from "../ir/index.js";
import { ensureEnvironment, startTriton } from "../triton/index.js";
import { assemble, type Entry, type Made } from "./assemble.js";
import { type Compiled, compileUnits } from "./compile.js";
import { BuildError } from "./error.js";
import { type BundleFile, checkReplaceable, holds, MANIFEST, writeFolder } from "./folder.js";
import { sha256 } from "./names.js";
import { buildsOf, planUnits } from "./plan.js";
import { projectOf } from "./project.js";
import { type Request, remember, unchanged } from "./record.js";
import { references, typeDeclarations } from "./references.js";
import { tilescriptVersion } from "./version.js";

/** What a build is doing, as a sentence; with numbers while cubins are made. */
export interface BuildProgress {
  readonly text: string;
  readonly done?: number;
  readonly total?: number;
}

export interface BuildOptions {
  /** TypeScript files with kernels. */
  readonly files: readonly string[];
  /** Architectures to make cubins for, such as 90 for sm_90; none for a bundle that only the CPU executor runs, which needs no Python. */
  readonly arch: readonly number[];
  /** Folder of the bundle. An earlier bundle there is replaced; other files are not. */
  readonly out: string;
  /** Folder that names in the bundle are relative to. Default: the one of the first file's package.json. */
  readonly project?: string;
  /** Triton processes at once. Default: the cores. */
  readonly jobs?: number;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

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
  const before = unchanged(request);
  if (before) {
    const cached = before.manifest.kernels.reduce((sum, { variants }) => sum + variants.length, 0);
    return { folder: request.folder, manifest: before.manifest, diagnostics: before.warnings, built: 0, cached };
  }
  checkReplaceable(request.folder);
  options.onProgress?.({ text: "Checking kernels" });
  const { kernels, warnings, sources } = await checked(request);
  const compiled = await compiledUnits(kernels, request, options);
  const { manifest, files } = await bundleOf(kernels, compiled.made, request.project);
  const text = files.find(({ path }) => path === MANIFEST)?.content as string;
  options.signal?.throwIfAborted();
  if (!holds(request.folder, files)) await writeFolder(request.folder, files);
  remember(request, sources, text, warnings);
  const { built, cached } = compiled;
  return { folder: request.folder, manifest, diagnostics: warnings, built, cached };
}

function requestOf({ files, arch, out, project }: BuildOptions): Request {
  const [first] = files;
  if (first === undefined)
    throw new BuildError("there are no files to build", "Name the TypeScript files with the kernels.");
  const absolute = [...new Set(files.map((file) => resolve(file)))].sort();
  return {
    files: absolute,
    arch: [...new Set(arch)].sort((a, b) => a - b),
    folder: resolve(out),
    project: resolve(project ?? projectOf(first)),
  };
}

const isError = ({ severity }: Diagnostic): boolean => severity === "error";

interface Sound {
  readonly kernels: readonly Kernel[];
  readonly warnings: readonly Diagnostic[];
  readonly sources: readonly string[];
}

/** The kernels that have builds, in the order of their files. Throws DiagnosticError with every problem found. */
async function checked({ files, project }: Request): Promise<Sound> {
  const [{ check }, { bundleProblems }] = await Promise.all([import("../check.js"), import("./problems.js")]);
  const { kernels, diagnostics, sources } = check(files, { project });
  const problems = diagnostics.some(isError) ? diagnostics : [...diagnostics, ...bundleProblems(kernels)];
  if (problems.some(isError)) throw new DiagnosticError(problems, project);
  return { kernels: kernels.filter((kernel) => buildsOf(kernel).length > 0), warnings: diagnostics, sources };
}

async function compiledUnits(
  kernels: readonly Kernel[],
  { arch, project }: Request,
  { jobs, onProgress, signal }: BuildOptions,
): Promise<Compiled> {
  const units = planUnits(kernels, arch);
  const environment = (): ReturnType<typeof ensureEnvironment> =>
    ensureEnvironment({ extras: [], signal, onProgress: (text) => onProgress?.({ text }) });
  using service = await startTriton({ jobs, environment });
  const compiled = await compileUnits(units, cachedTriton(service, new Cache()), {
    signal,
    onDone: ({ kernel }, done, total) =>
      onProgress?.({ text: `Compiling kernels: ${done} of ${total} (${kernel.name})`, done, total }),
  });
  if (compiled.problems.length > 0) throw new DiagnosticError(compiled.problems, project);
  return compiled;
}

/** Kernels of one name belong together: they are the bindings of one declaration to dtypes. */
function byName(kernels: readonly Kernel[]): Kernel[][] {
  const groups = new Map<string, Kernel[]>();
  for (const kernel of kernels) groups.set(kernel.name, [...(groups.get(kernel.name) ?? []), kernel]);
  return [...groups.values()];
}

async function bundleOf(
  kernels: readonly Kernel[],
  made: readonly Made[],
  project: string,
): Promise<{ manifest: Manifest; files: BundleFile[] }> {
  const { emitTriton } = await import("../emit/index.js");
  const groups = byName(kernels);
  const entries = groups.map(
    (bindings): Entry => ({
      bindings: bindings.map((kernel) => ({ kernel, triton: emitTriton(kernel).text })),
      sourceHash: sha256(readFileSync(join(project, (bindings[0] as Kernel).file))),
      made: made.filter(({ unit }) => bindings.includes(unit.kernel)),
    }),
  );
  const { manifest, files } = assemble(entries, tilescriptVersion());
  const others = [
    { path: MANIFEST, content: `${JSON.stringify(manifest, null, 1)}\n` },
    { path: "index.js", content: references(groups) },
    { path: "index.d.ts", content: typeDeclarations(groups) },
  ];
  return { manifest, files: [...files, ...others] };
}
