import type { KernelEntry } from "../../../compiler/bundle/index.js";
import { IrFormatError, type Kernel } from "../../../compiler/ir/index.js";
import { storedKernel } from "../../../compiler/passes/index.js";
import { type BundleFiles, loadFrom, REBUILD } from "../../bundle/files.js";
import type { LoadedBundle, WantedBuild } from "../device.js";
import { BundleError } from "../errors.js";
import type { CpuDevice } from "./device.js";
import { type Binding, CpuKernelHandle } from "./kernel.js";

class CpuBundle implements LoadedBundle {
  readonly #place: string;
  readonly #make: ReadonlyMap<string, () => CpuKernelHandle>;
  readonly #kernels = new Map<string, CpuKernelHandle>();

  constructor(place: string, make: ReadonlyMap<string, () => CpuKernelHandle>) {
    this.#place = place;
    this.#make = make;
  }

  get kernels(): readonly string[] {
    return [...this.#make.keys()];
  }

  kernel(name: string): CpuKernelHandle {
    const known = this.#kernels.get(name);
    if (known) return known;
    const make = this.#make.get(name);
    if (!make) throw new BundleError(this.#place, `it has no kernel "${name}"`, `It has: ${this.kernels.join(", ")}.`);
    const kernel = make();
    this.#kernels.set(name, kernel);
    return kernel;
  }
}

/**
 * Reads the IR of a bundle's kernels and checks it, all of it at once unless the caller has named the builds that it wants: then that of each kernel
 * when it is first asked for, since a model takes a few of many. Each is compiled when it is first launched.
 */
export const loadBundle = (device: CpuDevice, folder: string, only?: readonly WantedBuild[]): Promise<LoadedBundle> =>
  loadFrom(folder, (files) => {
    const make = files.manifest.kernels.map((entry) => {
      const bindings = bindingsOf(files, entry);
      return [entry.name, () => new CpuKernelHandle(device, entry, bindings())] as const;
    });
    const bundle = new CpuBundle(files.folder, new Map(make));
    if (!only) for (const name of bundle.kernels) bundle.kernel(name);
    return bundle;
  });

/** Reads a kernel's files now, while they are of one bundle, and gives what checks them. */
function bindingsOf(files: BundleFiles, entry: KernelEntry): () => Binding[] {
  if (entry.ir.length === 0) {
    const problem = `kernel "${entry.name}" has no IR, which the CPU executor runs`;
    throw new BundleError(files.folder, problem, REBUILD);
  }
  const read = entry.ir.map(({ dtypes, file }) => ({ dtypes, file, bytes: files.read(file) }));
  return () =>
    read.map(({ dtypes, file, bytes }) => {
      try {
        return { dtypes, kernel: checkedKernel(file.sha256, bytes, { ...entry, dtypes }) };
      } catch (cause) {
        if (!(cause instanceof IrFormatError)) throw cause;
        throw new BundleError(`${files.folder}/${file.path}`, cause.message, REBUILD, { cause });
      }
    });
}

/** Kernels that were found to be what a manifest says of them: to check them takes longer than all else of loading a small model. */
const checked = new Map<string, Kernel>();
/** Several times as many as models have: a process that loads ever other bundles must not keep them all. */
const MOST_CHECKED = 256;

/** @param hash of the bytes, which was compared with it when they were read */
function checkedKernel(hash: string, bytes: Buffer, described: Parameters<typeof storedKernel>[1]): Kernel {
  const { name, dtypes, builds } = described;
  const key = JSON.stringify([hash, name, dtypes, builds.map(({ constants }) => Object.keys(constants))]);
  const known = checked.get(key);
  if (known) return known;
  const kernel = storedKernel(bytes.toString("utf8"), described);
  if (checked.size >= MOST_CHECKED) checked.clear();
  checked.set(key, kernel);
  return kernel;
}

/** Kernels from IR in memory: those of one name are its choices of dtypes. */
export function kernelsFromIr(device: CpuDevice, kernels: readonly Kernel[]): LoadedBundle {
  const byName = new Map<string, Kernel[]>();
  for (const kernel of kernels) byName.set(kernel.name, [...(byName.get(kernel.name) ?? []), kernel]);
  const make = [...byName].map(([name, ones]) => {
    const bindings = ones.map((kernel) => ({ dtypes: kernel.dtypes, kernel }));
    return [name, () => new CpuKernelHandle(device, entryOf(name, ones), bindings)] as const;
  });
  return new CpuBundle("the kernels loaded from memory", new Map(make));
}

/** A manifest entry of kernels that were never built. */
function entryOf(name: string, kernels: readonly Kernel[]): KernelEntry {
  const [first] = kernels;
  const builds = kernels.flatMap((kernel) =>
    kernel.builds.map((build) => ({
      constants: { ...build.constants },
      dtypes: { ...build.dtypes, ...kernel.dtypes },
      pdl: build.pdl,
      warps: build.warps,
    })),
  );
  const source = { file: first!.file, line: first!.span.line, sha256: "" };
  const { tune } = first!;
  return { name, source, ir: [], triton: [], builds, ...(tune && { tune: [...tune] }), variants: [] };
}
