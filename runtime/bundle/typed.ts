import type { Kernel, KernelArguments } from "../../dsl/index.js";
import type { Grid, Launch, LoadedBundle, LoadedKernel } from "../device/device.js";

/** A loaded kernel whose arguments are typed by its declaration: buffers, scalars and constants by name. */
export interface TypedKernel<K> extends Omit<LoadedKernel, "prepare" | "launch"> {
  /** Checks and packs the arguments. Throws LaunchError, naming kernel and parameter, before any driver call. */
  prepare(grid: Grid, args: KernelArguments<K>): Launch;
  /** prepare and run. */
  launch(grid: Grid, args: KernelArguments<K>): void;
}

/** The kernels that a module exports, loaded. */
export type TypedKernels<Module> = {
  readonly [Name in keyof Module as Module[Name] extends Kernel ? Name : never]: TypedKernel<Module[Name]>;
};

/**
 * A bundle whose kernels are members, looked up when they are used, so that a name that is not there is a BundleError that lists what is.
 * `kernel` and `kernels` keep their meaning.
 */
export function typedBundle<Module extends object>(bundle: LoadedBundle): LoadedBundle & TypedKernels<Module> {
  return new Proxy(bundle, {
    get(target, name) {
      if (name in target || typeof name === "symbol" || name === "then") {
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      }
      return target.kernel(name);
    },
    has: (target, name) => name in target || target.kernels.includes(String(name)),
  }) as LoadedBundle & TypedKernels<Module>;
}
