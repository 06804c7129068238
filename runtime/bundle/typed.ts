import type { Buffer, Constants, DescriptorBuffer, DType, Kernel, KernelArguments } from "../../dsl/index.js";
import type { GridFor, Launch, LoadedBundle, LoadedKernel } from "../device/device.js";

type ElementOf<A> = A extends Buffer<infer D> ? D : A extends DescriptorBuffer<infer D> ? D : never;

type IsUnion<D, All = D> = D extends unknown ? ([All] extends [D] ? false : true) : never;

/** True where some buffer may have one of several dtypes: the kernel is generic, and a launch says which dtype its parameter stands for. */
type IsGeneric<Args> = true extends { [Name in keyof Args]-?: IsUnion<ElementOf<Args[Name]>> }[keyof Args]
  ? true
  : false;

/** Names of type parameters are invisible to types; those of dtypes are written in capitals: `{ T: "bf16" }`. */
export interface DTypeChoices {
  readonly [typeParameter: Uppercase<string>]: DType | number | boolean | string | undefined;
}

/** The arguments of a launch: what the kernel's declaration says, and for a generic kernel what its type parameters stand for. */
export type LaunchArguments<K> =
  IsGeneric<KernelArguments<K>> extends true ? KernelArguments<K> & DTypeChoices : KernelArguments<K>;

/** The constants of a kernel, as a launch's grid follows from them. */
export type ConstantsOf<K> = K extends Kernel<infer P> ? Constants<P> : never;

/** A loaded kernel whose arguments are typed by its declaration: buffers, scalars and constants by name. */
export interface TypedKernel<K> extends Omit<LoadedKernel, "prepare" | "launch"> {
  /** Checks and packs the arguments. Throws LaunchError, naming kernel and parameter, before any driver call. */
  prepare(grid: GridFor<ConstantsOf<K>>, args: LaunchArguments<K>): Launch;
  /** prepare and run. */
  launch(grid: GridFor<ConstantsOf<K>>, args: LaunchArguments<K>): void;
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
