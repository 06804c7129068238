import { availableParallelism } from "node:os";
import type { KernelEntry } from "../../../compiler/bundle/index.js";
import { type BundleFiles, loadFrom } from "../../bundle/files.js";
import type { LoadedBundle, LoadOptions } from "../device.js";
import { BundleError } from "../errors.js";
import { isBuild } from "../select.js";
import { type Loadable, variantsFor } from "./arch.js";
import type { CudaDevice } from "./device.js";
import { CudaKernel } from "./kernel.js";
import { LoadedVariant } from "./variant.js";

class CudaBundle implements LoadedBundle {
  readonly #folder: string;
  readonly #device: CudaDevice;
  readonly #entries: ReadonlyMap<string, KernelEntry>;
  readonly #kernels: ReadonlyMap<string, CudaKernel>;

  constructor(files: BundleFiles, device: CudaDevice, kernels: ReadonlyMap<string, CudaKernel>) {
    this.#folder = files.folder;
    this.#device = device;
    this.#entries = new Map(files.manifest.kernels.map((entry) => [entry.name, entry]));
    this.#kernels = kernels;
  }

  get kernels(): readonly string[] {
    return [...this.#kernels.keys()];
  }

  kernel(name: string): CudaKernel {
    const kernel = this.#kernels.get(name);
    if (kernel) return kernel;
    const entry = this.#entries.get(name);
    if (entry) throw noVariant(this.#folder, [entry], this.#device);
    throw new BundleError(
      this.#folder,
      `it has no kernel "${name}"`,
      `It has: ${[...this.#entries.keys()].join(", ")}.`,
    );
  }
}

function noVariant(folder: string, entries: readonly KernelEntry[], device: CudaDevice): BundleError {
  const archs = [...new Set(entries.flatMap((entry) => entry.variants.map((variant) => variant.arch)))].sort(
    (a, b) => a - b,
  );
  const what = entries.length === 1 ? `kernel "${entries[0]!.name}"` : "no kernel of it";
  const built = archs.length > 0 ? `only for sm_${archs.join(", sm_")}` : "for the CPU only";
  const problem =
    entries.length === 1
      ? `${what} is built ${built}`
      : `${what} is built for sm_${device.arch}; they are built ${built}`;
  return new BundleError(folder, problem, `For ${device.name} build it again with: --arch ${device.arch}.`);
}

/** Loads every cubin of a bundle that suits the device, or those of the builds that are wanted, so that no launch has to. */
export const loadBundle = (device: CudaDevice, folder: string, options: LoadOptions): Promise<LoadedBundle> =>
  loadFrom(folder, (files) => loadAll(device, files, options));

async function loadAll(
  device: CudaDevice,
  files: BundleFiles,
  { only, pdl = true }: LoadOptions,
): Promise<LoadedBundle> {
  const loadable = files.manifest.kernels.map((entry) => ({
    entry,
    variants: variantsFor(entry, device.arch).filter(
      ({ variant }) =>
        only?.some(
          (wanted) =>
            wanted.kernel === entry.name &&
            isBuild(variant, wanted) &&
            (wanted.build ?? variant.build) === variant.build,
        ) ?? true,
    ),
  }));
  const usable = loadable.filter(({ variants }) => variants.length > 0);
  if (usable.length === 0) throw noVariant(files.folder, files.manifest.kernels, device);
  const variants = await loadVariants(
    device,
    files,
    usable.flatMap(({ entry, variants }) =>
      variants.map((loadable) => ({ entry, loadable: pdl ? loadable : withoutPdl(loadable) })),
    ),
  );
  const kernels = usable.map(
    ({ entry }) =>
      new CudaKernel(
        device,
        entry,
        variants.filter((v) => v.entry === entry).map((v) => v.loaded),
      ),
  );
  return new CudaBundle(files, device, new Map(kernels.map((kernel) => [kernel.name, kernel])));
}

const withoutPdl = ({ variant, form }: Loadable): Loadable => ({
  variant: { ...variant, launch: { ...variant.launch, pdl: false } },
  form,
});

interface Wanted {
  readonly entry: KernelEntry;
  readonly loadable: Loadable;
}

/** Loads in parallel, the answers in order. */
async function loadVariants(device: CudaDevice, files: BundleFiles, wanted: readonly Wanted[]) {
  const loaded: { entry: KernelEntry; loaded: LoadedVariant }[] = new Array(wanted.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < wanted.length; index = next++) {
      const { entry, loadable } = wanted[index]!;
      loaded[index] = { entry, loaded: await loadVariant(device, files, entry, loadable) };
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker));
  return loaded;
}

async function loadVariant(device: CudaDevice, files: BundleFiles, entry: KernelEntry, { variant, form }: Loadable) {
  const file = form === "cubin" ? variant.cubin : variant.ptx!;
  const module = await device.module(file.sha256, async () => files.read(file));
  return new LoadedVariant(device, `${files.folder}/${file.path}`, entry.name, variant, module);
}
