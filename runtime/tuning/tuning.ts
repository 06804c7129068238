import type { Buffer, DescriptorBuffer, DType, Kernel } from "../../dsl/index.js";
import type { ConstantsOf, LaunchArguments } from "../bundle/typed.js";
import type { Grid } from "../device/device.js";
import { DeviceError } from "../device/errors.js";
import { shown } from "../device/shown.js";
import type { TuningData } from "./data.js";

/** What is measured: sizes, and what type parameters stand for, by name. */
export type TuningShape = Readonly<Record<string, number | DType>>;

/** What stands for an argument in a launch that is measured: of a buffer its data. */
export type TuningArgument<A> =
  A extends Buffer<infer D>
    ? TuningData<D>
    : A extends DescriptorBuffer<infer D>
      ? Omit<DescriptorBuffer, "buffer"> & { readonly buffer: TuningData<D> }
      : A;

/** The arguments of a launch, with what is in a buffer in the place of each buffer. */
export type TuningArguments<K> = {
  readonly [Name in keyof LaunchArguments<K>]: TuningArgument<LaunchArguments<K>[Name]>;
};

/** The launch that is measured. */
export interface TuningLaunch<K> {
  readonly grid: Grid;
  readonly args: TuningArguments<K>;
}

/** What is measured, and how it is launched. */
export interface TuningOptions<K, Shape> {
  /** What to measure where the command line names nothing; the first says what a shape consists of. */
  readonly shapes: readonly [Shape, ...Shape[]];
  /** The launch of a shape, by a build with these constants. A size named as an argument of the kernel is that argument. */
  launch(shape: Shape, constants: ConstantsOf<K>): TuningLaunch<K>;
  /**
   * How much the numbers of two builds may differ, in multiples of the largest number of a buffer: their sums are taken in different orders. Beyond
   * that a build computes something else, and is refused. Default 0.02.
   */
  readonly tolerance?: number;
}

/** How to launch a kernel to measure it: what `tilescript tune` reads of the file beside the kernel's. */
export interface Tuning<K = Kernel, Shape = TuningShape> extends TuningOptions<K, Shape> {
  readonly kind: "tuning";
  readonly kernel: K;
}

/**
 * Says how a kernel is launched to be measured. `matmul.kernel.ts` has its tunings in `matmul.tune.ts`, which `tilescript tune` alone runs.
 *
 * @example
 * import { cdiv, normal, tuning, zeroed } from "tilescript/runtime";
 * import * as kernels from "./matmul.kernel.js";
 *
 * export const matmul = tuning(kernels.matmul, {
 *   shapes: [{ M: 4096, N: 4096, K: 4096 }],
 *   launch: ({ M, N, K }, { BM, BN }) => ({
 *     grid: [cdiv(M, BM), cdiv(N, BN)],
 *     args: { a: normal("bf16", M * K), b: normal("bf16", K * N), c: zeroed("f32", M * N), M, N, K },
 *   }),
 * });
 */
export const tuning = <K extends Kernel, Shape extends TuningShape>(
  kernel: K,
  options: TuningOptions<K, Shape>,
): Tuning<K, Shape> => {
  if ((kernel as Kernel | undefined)?.kind === "kernel") return { kind: "tuning", kernel, ...options };
  throw new DeviceError(`tuning() takes a kernel, as "./matmul.kernel.js" exports it, and got ${shown(kernel)}.`);
};
