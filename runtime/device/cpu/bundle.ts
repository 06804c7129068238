import type { KernelEntry } from "../../../compiler/bundle/index.js";
import { storedKernel } from "../../../compiler/interpret/index.js";
import { IrFormatError, type Kernel } from "../../../compiler/ir/index.js";
import { type BundleFiles, loadFrom, REBUILD } from "../../bundle/files.js";
import type { LoadedBundle } from "../device.js";
import { BundleError } from "../errors.js";
import type { CpuDevice } from "./device.js";
import { type Binding, CpuKernelHandle } from "./kernel.js";

class CpuBundle implements LoadedBundle {
  readonly #place: string;
  readonly #kernels: ReadonlyMap<string, CpuKernelHandle>;

  constructor(place: string, kernels: readonly CpuKernelHandle[]) {
    this.#place = place;
    this.#kernels = new Map(kernels.map((kernel) => [kernel.name, kernel]));
  }

  get kernels(): readonly string[] {
    return [...this.#kernels.keys()];
  }

  kernel(name: string): CpuKernelHandle {
    const kernel = this.#kernels.get(name);
    if (kernel) return kernel;
    throw new BundleError(this.#place, `it has no kernel "${name}"`, `It has: ${this.kernels.join(", ")}.`);
  }
}

/** Reads the IR of a bundle's kernels and checks it; each is compiled when it is first launched. */
export const loadBundle = (device: CpuDevice, folder: string): Promise<LoadedBundle> =>
  loadFrom(folder, (files) => {
    const kernels = files.manifest.kernels.map((entry) => new CpuKernelHandle(device, entry, bindingsOf(files, entry)));
    return new CpuBundle(files.folder, kernels);
  });

function bindingsOf(files: BundleFiles, entry: KernelEntry): Binding[] {
  if (entry.ir.length === 0) {
    const problem = `kernel "${entry.name}" has no IR, which the CPU executor runs`;
    throw new BundleError(files.folder, problem, REBUILD);
  }
  return entry.ir.map(({ dtypes, file }) => {
    const text = files.read(file).toString("utf8");
    try {
      return { dtypes, kernel: storedKernel(text, { ...entry, dtypes }) };
    } catch (cause) {
      if (!(cause instanceof IrFormatError)) throw cause;
      throw new BundleError(`${files.folder}/${file.path}`, cause.message, REBUILD, { cause });
    }
  });
}

/** Kernels from IR in memory: those of one name are its choices of dtypes. */
export function kernelsFromIr(device: CpuDevice, kernels: readonly Kernel[]): LoadedBundle {
  const byName = new Map<string, Kernel[]>();
  for (const kernel of kernels) byName.set(kernel.name, [...(byName.get(kernel.name) ?? []), kernel]);
  const handles = [...byName].map(([name, ones]) => {
    const bindings = ones.map((kernel) => ({ dtypes: kernel.dtypes, kernel }));
    return new CpuKernelHandle(device, entryOf(name, ones), bindings);
  });
  return new CpuBundle("the kernels loaded from memory", handles);
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
  return { name, source, ir: [], triton: [], builds, variants: [] };
}
