import { emitTriton } from "../backends/triton/emit/index.js";
import type { PythonEnvironment } from "../backends/triton/index.js";
import { MANIFEST, type Manifest } from "../bundle/index.js";
import { type Diagnostic, DiagnosticError, isError } from "../diagnostics/index.js";
import type { Kernel } from "../ir/index.js";
import { compilerFingerprint } from "../store/index.js";
import { assemble, type Entry, type Made } from "./assemble.js";
import { type Compiled, type CompileUnitsOptions, compileForGpu } from "./compile.js";
import { type BundleFile, holds } from "./earlier.js";
import { writeFolder } from "./folder.js";
import { planUnits } from "./plan.js";
import type { BuildProgress } from "./progress.js";
import { references, typeDeclarations } from "./references.js";
import { tilescriptVersion } from "./version.js";

export interface KernelBundleOptions {
  readonly arch: readonly number[];
  readonly folder: string;
  /** The folder is TileScript's own: one whose manifest cannot be read is set aside, not refused. */
  readonly own?: boolean;
  /** Folder that the kernels' files are relative to. */
  readonly project: string;
  /** SHA-256 of a kernel's source file. */
  readonly sourceHash: (file: string) => string;
  /** The kernels with the builds that they declare, of those whose builds somebody else named. */
  readonly declared?: ReadonlyMap<Kernel, Kernel>;
  /** What was measured of a kernel, as far as it is of these builds. */
  readonly tuned?: Entry["tuned"];
  readonly lineInfo?: boolean;
  readonly job?: CompileUnitsOptions["job"];
  readonly jobs?: number;
  /** How to get Triton, asked for only where something has to be compiled. Default: `ensureEnvironment`. */
  readonly environment?: () => Promise<PythonEnvironment>;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

export interface KernelBundle {
  readonly manifest: Manifest;
  /** The bytes of manifest.json. */
  readonly manifestText: string;
  /** What was left out. */
  readonly warnings: readonly Diagnostic[];
  readonly built: number;
  readonly cached: number;
}

/** Compiles kernels that were checked and writes their bundle, all or nothing. */
export async function bundleKernels(kernels: readonly Kernel[], options: KernelBundleOptions): Promise<KernelBundle> {
  const { made, problems, built, cached } = await compileAll(kernels, options);
  const { manifest, files } = await filesOf(kernels, made, options);
  options.signal?.throwIfAborted();
  if (!holds(options.folder, files)) await writeFolder(options.folder, files, { own: options.own });
  const manifestText = files.find(({ path }) => path === MANIFEST)?.content as string;
  return { manifest, manifestText, warnings: problems, built, cached };
}

async function compileAll(
  kernels: readonly Kernel[],
  { arch, project, lineInfo, job, jobs, onProgress, signal, environment }: KernelBundleOptions,
): Promise<Compiled> {
  const compiled = await compileForGpu(planUnits(kernels, arch), {
    jobs,
    environment,
    lineInfo,
    job,
    signal,
    onProgress: (text) => onProgress?.({ text }),
    onDone: ({ kernel }, done, total) =>
      onProgress?.({ text: `Compiling kernels: ${done} of ${total} (${kernel.name})`, done, total }),
  });
  if (compiled.problems.some(isError)) throw new DiagnosticError(compiled.problems, project);
  return compiled;
}

/** Kernels of one name belong together: they are the bindings of one declaration to dtypes. */
function byName(kernels: readonly Kernel[]): Kernel[][] {
  const groups = new Map<string, Kernel[]>();
  for (const kernel of kernels) groups.set(kernel.name, [...(groups.get(kernel.name) ?? []), kernel]);
  return [...groups.values()];
}

async function filesOf(
  kernels: readonly Kernel[],
  made: readonly Made[],
  { sourceHash, declared, tuned }: KernelBundleOptions,
): Promise<{ manifest: Manifest; files: BundleFile[] }> {
  const groups = byName(kernels);
  const entries = groups.map(
    (bindings): Entry => ({
      bindings: bindings.map((kernel) => ({
        kernel,
        declared: declared?.get(kernel),
        triton: emitTriton(kernel).text,
      })),
      sourceHash: sourceHash((bindings[0] as Kernel).file),
      tuned,
      made: made.filter(({ unit }) => bindings.includes(unit.kernel)),
    }),
  );
  const modules = { "index.js": references(groups), "index.d.ts": typeDeclarations(groups) };
  const tools = { tilescript: tilescriptVersion(), code: compilerFingerprint() };
  const { manifest, files } = assemble(entries, tools, modules);
  return { manifest, files: [...files, { path: MANIFEST, content: `${JSON.stringify(manifest, null, 1)}\n` }] };
}
