import { type Build, DEFAULT_OPTIONS, isOfBuild, type Kernel, type Promises } from "../ir/index.js";
import { variantsOf } from "./variants.js";

/** One cubin to make: a typed kernel, a configuration, a target, and what is taken for granted of the arguments. */
export interface Unit extends Promises {
  readonly kernel: Kernel;
  readonly build: Build;
  readonly arch: number;
}

/** What a kernel is built as when its author named nothing and nothing needs a name. */
export const DEFAULT_BUILD: Build = { ...DEFAULT_OPTIONS, constants: {}, dtypes: {} };

const sameDtypes = (a: Kernel["dtypes"], b: Build["dtypes"]): boolean =>
  Object.keys({ ...a, ...b }).every((name) => a[name] === b[name]);

/** True where constants or dtypes are open, so that there is nothing to compile without a build that names them. */
const isOpen = (kernel: Kernel): boolean => kernel.params.some(isOfBuild) || Object.keys(kernel.dtypes).length > 0;

/** True for a kernel that has no build and cannot do without: nobody else may name one either. */
export const lacksBuilds = (kernel: Kernel): boolean =>
  kernel.builds.length === 0 && kernel.defaults === undefined && isOpen(kernel);

/** The builds of a kernel that belong to its dtype binding, in the order they were declared. */
export function buildsOf(kernel: Kernel): readonly Build[] {
  if (kernel.builds.length === 0) return isOpen(kernel) ? [] : [DEFAULT_BUILD];
  return kernel.builds.filter((build) => sameDtypes(kernel.dtypes, build.dtypes));
}

/** Every cubin of a bundle, kernel by kernel in the order their variants are tried. */
export const planUnits = (kernels: readonly Kernel[], archs: readonly number[]): Unit[] =>
  kernels.flatMap((kernel) =>
    archs.flatMap((arch) =>
      buildsOf(kernel).flatMap((build) =>
        variantsOf(kernel, build).map((promises) => ({ kernel, build, arch, ...promises })),
      ),
    ),
  );
