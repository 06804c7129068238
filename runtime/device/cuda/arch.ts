import type { KernelEntry, Variant } from "../../../compiler/bundle/index.js";

/** What a variant is loaded from on a device. */
export interface Loadable {
  readonly variant: Variant;
  readonly form: "cubin" | "ptx";
}

const major = (arch: number): number => Math.floor(arch / 10);

/**
 * Whether code for `built` runs as a cubin on `device`. Triton targets 90 and above as "a" architectures, which run on exactly that one;
 * earlier cubins also run on later minor versions of their major.
 */
const runsAsCubin = (built: number, device: number): boolean =>
  built === device || (built < 90 && major(built) === major(device) && built < device);

/** PTX is compiled by the driver for any later architecture, except that of an "a" target. */
const runsAsPtx = (built: number, device: number): boolean => built < 90 && built <= device;

/** The variants of a kernel that suit a device, in order: those of the closest architecture that has any. */
export function variantsFor(entry: KernelEntry, device: number): Loadable[] {
  const archs = [...new Set(entry.variants.map((variant) => variant.arch))].sort((a, b) => b - a);
  const of = (arch: number) => entry.variants.filter((variant) => variant.arch === arch);
  const cubin = archs.find((arch) => runsAsCubin(arch, device));
  if (cubin !== undefined) return of(cubin).map((variant) => ({ variant, form: "cubin" }));
  const ptx = archs.find((arch) => runsAsPtx(arch, device) && of(arch).every((variant) => variant.ptx));
  return ptx === undefined ? [] : of(ptx).map((variant) => ({ variant, form: "ptx" }));
}
