import type { TensorDescriptorFacts, TritonOutput } from "../backends/triton/index.js";
import type { BuildEntry, KernelEntry, Manifest, Variant } from "../bundle/index.js";
import { abiOf, disagreement, MANIFEST_VERSION } from "../bundle/index.js";
import {
  type Build,
  evaluateDim,
  isLeftOut,
  isOptional,
  type Kernel,
  type Param,
  serializeKernel,
} from "../ir/index.js";
import type { BundleFile } from "./earlier.js";
import { BuildError } from "./error.js";
import { bindingName, compiledName, sha256 } from "./names.js";
import { buildsOf, type Unit } from "./plan.js";
import { optionsOf } from "./tuned/options.js";

/** A cubin and what it was made from. */
export interface Made {
  readonly unit: Unit;
  readonly output: TritonOutput;
}

export interface Binding {
  readonly kernel: Kernel;
  /** The kernel with the builds of its author, where others named some: bundles of the same kernels have the same IR, whatever is compiled. */
  readonly declared?: Kernel;
  readonly triton: string;
}

/** A kernel as it goes into a bundle: its bindings to dtypes, their Triton text, their cubins. */
export interface Entry {
  readonly bindings: readonly Binding[];
  /** SHA-256 of the TypeScript file. */
  readonly sourceHash: string;
  /** What was measured of the kernel, as far as it is of these builds. */
  readonly tuned?: (entry: Pick<KernelEntry, "name" | "builds" | "tune" | "variants">) => KernelEntry["tuned"];
  readonly made: readonly Made[];
}

/** The files of a bundle as they are named in its manifest; equal content is stored once. */
class Files {
  readonly #byPath = new Map<string, string | Uint8Array>();

  add(path: string, content: string | Uint8Array): { path: string; sha256: string; bytes: number } {
    this.#byPath.set(path, content);
    return { path, sha256: sha256(content), bytes: Buffer.byteLength(content) };
  }

  list(): BundleFile[] {
    return [...this.#byPath].map(([path, content]) => ({ path, content }));
  }
}

const tensorMapOf = (facts: TensorDescriptorFacts) => ({
  swizzle: facts.swizzle,
  elementSize: facts.elem_size,
  elementType: facts.elem_type,
  blockSize: [...facts.block_size],
  fp4Padded: facts.fp4_padded,
});

function paramsOf(
  { kernel, build, divisible, one }: Unit,
  descriptors: readonly TensorDescriptorFacts[],
): Variant["params"] {
  const order = kernel.params.filter((param) => param.kind === "descriptor" && !isLeftOut(param, build));
  return kernel.params.map((param: Param) => {
    const { name, kind } = param;
    const isDivisible = divisible.includes(name);
    if (kind === "const") return { name, kind, divisible: isDivisible };
    const { dtype } = param;
    const given = isOptional(param) ? { given: !isLeftOut(param, build) } : {};
    if (kind === "pointer") return { name, kind, divisible: isDivisible, dtype, ...given };
    if (kind === "scalar") return { name, kind, divisible: isDivisible, one: one.includes(name), dtype, ...given };
    const { padding } = param;
    const facts = descriptors[order.indexOf(param)];
    const block = param.block.map((size) => evaluateDim(size, build.constants) ?? 0);
    const tensorMap = facts ? tensorMapOf(facts) : null;
    return { name, kind, divisible: isDivisible, dtype, block, padding, tensorMap, ...given };
  });
}

/** The layout by our own rules, which must be the one of the PTX: a launch that packs differently would read garbage. */
function checkedAbi({ unit, output }: Made, params: Variant["params"]): Variant["abi"] {
  const { parameters, tensorDescriptors } = output.metadata;
  const abi = abiOf(params, tensorDescriptors.length > 0);
  const problem = disagreement(abi, parameters);
  if (problem === undefined) return abi;
  throw new BuildError(
    `${unit.kernel.name} was compiled for other arguments than TileScript would pass: ${problem}`,
    `Triton ${output.versions.triton} lays out arguments differently from what this version of TileScript knows: use the Triton that it installs.`,
  );
}

/** @param index of the unit's build, where launches choose among builds by speed */
function variantOf({ unit, output }: Made, files: Files, index: number | undefined): Variant {
  const { kernel, build, arch } = unit;
  const { metadata, resources } = output;
  const cubin = output.cubin ?? Buffer.alloc(0);
  const params = paramsOf(unit, metadata.tensorDescriptors);
  return {
    arch,
    ...(index !== undefined && { build: index }),
    constants: { ...build.constants },
    dtypes: { ...build.dtypes },
    params,
    abi: checkedAbi({ unit, output }, params),
    launch: {
      symbol: metadata.name,
      warps: metadata.numWarps,
      stages: metadata.numStages,
      ctas: metadata.numCtas,
      sharedBytes: metadata.shared,
      pdl: metadata.launchPdl,
      ...(metadata.cooperative && { cooperative: true as const }),
      globalScratchBytes: metadata.globalScratchSize,
      globalScratchAlign: metadata.globalScratchAlign,
      profileScratchBytes: metadata.profileScratchSize,
    },
    resources: { registers: resources.registers, spillBytes: resources.spillStoreBytes + resources.spillLoadBytes },
    cubin: files.add(compiledName(kernel, arch, cubin, "cubin"), cubin),
    ptx: output.ptx === undefined ? null : files.add(compiledName(kernel, arch, output.ptx, "ptx"), output.ptx),
  };
}

const chosenBy = ({ constants, dtypes }: Build): string =>
  JSON.stringify([constants, dtypes].map((one) => Object.entries(one).sort()));

/** Whether launches choose among the builds by more than the constants and dtypes that they give. */
const isChosenBySpeed = ({ tune }: Kernel, builds: readonly Build[]): boolean =>
  tune !== undefined || new Set(builds.map(chosenBy)).size < builds.length;

const buildEntry = (build: Build, bySpeed: boolean): BuildEntry => ({
  constants: { ...build.constants },
  dtypes: { ...build.dtypes },
  pdl: build.pdl,
  warps: build.warps,
  ...(bySpeed && { options: optionsOf(build) }),
});

function entryOf({ bindings, sourceHash, made, tuned }: Entry, files: Files): KernelEntry {
  const [first] = bindings.map(({ kernel }) => kernel) as [Kernel, ...Kernel[]];
  const { name, file, span, tune } = first;
  const builds = bindings.flatMap(({ kernel }) => buildsOf(kernel));
  const bySpeed = isChosenBySpeed(first, builds);
  const entry: KernelEntry = {
    name,
    source: { file, line: span.line, sha256: sourceHash },
    ir: bindings.map(({ kernel, declared }) => ({
      dtypes: { ...kernel.dtypes },
      file: files.add(`${bindingName(kernel)}.ir.json`, serializeKernel(declared ?? kernel)),
    })),
    triton: bindings.map(({ kernel, triton }) => files.add(`${bindingName(kernel)}.triton.py`, triton)),
    builds: builds.map((build) => buildEntry(build, bySpeed)),
    ...(tune && { tune: [...tune] }),
    variants: made.map((one) => variantOf(one, files, bySpeed ? builds.indexOf(one.unit.build) : undefined)),
  };
  const found = tuned?.(entry);
  return found ? { ...entry, tuned: found } : entry;
}

/** This compiler: its version, and what names its code. */
export type Tools = Pick<Manifest["compiler"], "tilescript" | "code">;

/** The version of each tool that made a cubin of the bundle: ptxas differs between architectures. */
function compilerOf(made: readonly Made[], tools: Tools): Manifest["compiler"] {
  const ptxas = made.map(({ unit, output }) => [`sm_${unit.arch}`, output.versions.ptxas] as const);
  return {
    ...tools,
    triton: made[0]?.output.versions.triton ?? null,
    ptxas: Object.fromEntries([...new Map(ptxas)].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The typed references to the kernels, by the names of their files. */
export type Modules = Readonly<Record<"index.js" | "index.d.ts", string>>;

/** The manifest and every file it names. The same entries give the same bytes. */
export function assemble(
  entries: readonly Entry[],
  tools: Tools,
  modules: Modules,
): { manifest: Manifest; files: BundleFile[] } {
  const files = new Files();
  const kernels = entries.map((entry) => entryOf(entry, files));
  const compiler = compilerOf(
    entries.flatMap((entry) => entry.made),
    tools,
  );
  const module = (name: keyof Modules) => files.add(name, modules[name]);
  const references: Manifest["references"] = [module("index.js"), module("index.d.ts")];
  return { manifest: { version: MANIFEST_VERSION, compiler, references, kernels }, files: files.list() };
}
