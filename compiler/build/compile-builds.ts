import { join, resolve } from "node:path";
import type { PythonEnvironment } from "../backends/triton/index.js";
import { BundleFault, readBundleFile, readManifest, readWhole } from "../bundle/index.js";
import {
  type Build,
  type CompileOptions,
  type ConstValue,
  type DType,
  IrFormatError,
  isOfBuild,
  type Kernel,
} from "../ir/index.js";
import { storedKernel } from "../passes/index.js";
import type { BuildResult } from "./build.js";
import { checkReplaceable } from "./earlier.js";
import { BuildError } from "./error.js";
import { DEFAULT_BUILD } from "./plan.js";
import type { BuildProgress } from "./progress.js";

/** A configuration of a kernel that somebody else than its author names. */
export interface BuildRequest {
  readonly kernel: string;
  readonly constants: Readonly<Record<string, ConstValue>>;
  readonly dtypes?: Readonly<Record<string, DType>>;
  /** What differs from the kernel's defaults. */
  readonly options?: Partial<CompileOptions>;
}

/** Which builds are compiled of kernels that a bundle has, and where to. */
export interface CompileBuildsOptions {
  /** Folder of a bundle with the kernels' IR. */
  readonly from: string;
  readonly builds: readonly BuildRequest[];
  readonly arch: readonly number[];
  /** Folder of the bundle that is made: the kernels that were asked for, with these builds alone. May be `from`. */
  readonly out: string;
  /** The folder is TileScript's own: one whose manifest cannot be read is set aside, not refused. */
  readonly own?: boolean;
  /** Takes the other kernels along too, so that the bundle can be built upon as this one. Default false. */
  readonly all?: boolean;
  readonly jobs?: number;
  /** How to get Triton, asked for only where something has to be compiled. Default: `ensureEnvironment`. */
  readonly environment?: () => Promise<PythonEnvironment>;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Compiles builds of kernels that are in a bundle already, from their IR: no TypeScript is read. What was compiled before comes from the cache.
 * Throws BuildError for a build that the kernels do not have or a folder that cannot be written, EnvironmentError where something has to be
 * compiled and there is no Triton.
 */
export async function compileBuilds(options: CompileBuildsOptions): Promise<BuildResult> {
  const { builds, arch, jobs, environment, onProgress, signal, own } = options;
  const [from, folder] = [resolve(options.from), resolve(options.out)];
  await checkReplaceable(folder, { own });
  const { declared, hashes } = await readWhole(from, () => requested(from, builds, options.all ?? false));
  const { bundleKernels } = await import("./from-kernels.js");
  const sourceHash = (file: string): string => hashes.get(file) ?? "";
  const wanted = [...new Set(arch)].sort((a, b) => a - b);
  const bundle = await bundleKernels([...declared.keys()], {
    ...{ arch: wanted, folder, own, project: from, sourceHash, declared, jobs, environment, onProgress, signal },
  });
  const { manifest, warnings, built, cached } = bundle;
  return { folder, manifest, diagnostics: warnings, built, cached };
}

/** The kernels with the builds that were asked for, by which they are as they were declared; and the hashes of their source files. */
function requested(
  from: string,
  builds: readonly BuildRequest[],
  all: boolean,
): { declared: ReadonlyMap<Kernel, Kernel>; hashes: ReadonlyMap<string, string> } {
  const { manifest } = explained(from, () => readManifest(from));
  const byKernel = new Map<string, BuildRequest[]>();
  for (const build of builds) byKernel.set(build.kernel, [...(byKernel.get(build.kernel) ?? []), build]);
  for (const name of byKernel.keys())
    if (!manifest.kernels.some((kernel) => kernel.name === name))
      throw new BuildError(`the bundle ${from} has no kernel "${name}"`, "Build that bundle again.");
  const entries = manifest.kernels.filter(({ name }) => all || byKernel.has(name));
  const declared = entries.flatMap(({ name, ir, builds: declaredBuilds }) =>
    ir.flatMap(({ dtypes, file }) => {
      const described = { name, dtypes, builds: declaredBuilds };
      const kernel = explained(join(from, file.path), () =>
        storedKernel(readBundleFile(from, file).toString("utf8"), described),
      );
      const mine = distinct((byKernel.get(name) ?? []).flatMap((request) => buildOf(kernel, request) ?? []));
      return all || mine.length > 0 ? [[{ ...kernel, builds: mine }, kernel] as const] : [];
    }),
  );
  return { declared: new Map(declared), hashes: new Map(entries.map(({ source }) => [source.file, source.sha256])) };
}

/** Runs what reads the bundle. Throws BuildError for what is wrong with it. */
function explained<Result>(place: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof BundleFault && cause.kind === "absent")
      throw new BuildError(
        `there is no bundle in ${place}: ${cause.message}`,
        "Build it first: tilescript build, or npm start in a clone.",
        cause,
      );
    if (cause instanceof BundleFault || cause instanceof IrFormatError) {
      const at = cause instanceof BundleFault ? cause.path : place;
      throw new BuildError(`${at} cannot be used: ${cause.message}`, "Build that bundle again.", cause);
    }
    throw cause;
  }
}

/** The request as a build of the kernel; undefined where it is of another of the kernel's dtypes. */
function buildOf(kernel: Kernel, { constants, dtypes = {}, options }: BuildRequest): Build | undefined {
  if (Object.entries(kernel.dtypes).some(([name, dtype]) => dtypes[name] !== dtype)) return undefined;
  const open = kernel.params.filter(isOfBuild).map(({ name }) => name);
  const missing = open.filter((name) => constants[name] === undefined);
  if (missing.length > 0)
    throw new BuildError(`a build of "${kernel.name}" lacks ${missing.join(", ")}`, "Name every constant.");
  const values = Object.fromEntries(open.map((name) => [name, constants[name]!]));
  return { ...DEFAULT_BUILD, ...kernel.defaults, ...options, constants: values, dtypes: { ...kernel.dtypes } };
}

const distinct = (builds: readonly Build[]): Build[] => [
  ...new Map(builds.map((build) => [JSON.stringify([build.constants, build.warps, build.stages]), build])).values(),
];
