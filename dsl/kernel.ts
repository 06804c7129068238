import type { DType, DTypeFacts } from "./dtypes.js";
import { notLoaded, outsideKernel } from "./outside.js";
import type { ConstKey, DTypeKey, Forgotten, KindKey, ShapeKey } from "./types.js";

declare const PARAMETERS: unique symbol;
declare const ELEMENT: unique symbol;

/** A declared kernel: what `kernel()` gives back. It holds no code; it carries the types of the parameters to typed launches. */
export interface Kernel<P = Forgotten> {
  /** Tells it from other exports of a module. */
  readonly kind: "kernel";
  /** How many builds its options list. */
  readonly builds: number;
  readonly [PARAMETERS]?: P;
}

type IsConst<T> = ConstKey extends keyof T ? true : false;
type BaseOf<T> = T extends boolean ? boolean : T extends string ? string : number;

/** The values of every `Const` parameter, by name. */
export type Constants<P> = {
  readonly [K in keyof P as IsConst<NonNullable<P[K]>> extends true ? K : never]: BaseOf<NonNullable<P[K]>>;
};

/** How a configuration is compiled, whatever its constants. */
export interface CompileOptions<P> {
  /** Warps a program: a power of two from 1 to 32. Default 4. */
  readonly warps?: number;
  /** Software-pipeline stages, 1 to 8. Default 3. */
  readonly stages?: number;
  /** Programs in a cluster. Default 1. */
  readonly ctas?: number;
  /** Programmatic dependent launch: the kernel calls gdcWait() before it reads what its predecessor wrote. Default false. */
  readonly pdl?: boolean;
  /** Registers of a thread at most: what needs more is spilled to memory. Default: as many as the GPU has for the warps. */
  readonly maxRegisters?: number;
  /**
   * A cooperative launch, Triton's launch_cooperative_grid: all programs run at once, so that they may wait for each other. A grid of more than
   * fit on the device is a LaunchError; on the CPU executor as many fit as it has threads.
   */
  readonly cooperative?: boolean;
  /**
   * Compiles `deviceAssert` into the cubin, as Triton's debug does: default false, where the GPU runs nothing for it. The CPU executor always
   * checks. Integers wrap either way.
   */
  readonly debug?: boolean;
  /**
   * Products that are added round once, as one fused multiply-add: Triton's enable_fp_fusion. Default true. With false each rounds, as on the CPU
   * executor; `fma()` rounds once either way.
   */
  readonly fpFusion?: boolean;
  /**
   * Pointers, descriptors and integers that may be taken as multiples of 16; "pointers" names all pointers. Default: all whose alignment decides
   * how memory is accessed, or with `alignment: "required"` simply all.
   *
   * @example alignment: "required", divisible: ["pointers", "rowStride"]
   */
  readonly divisible?: readonly ((keyof P & string) | "pointers")[];
  /**
   * The variants to compile, in the order in which a launch tries them, in place of those that the compiler derives. At most 8; each must be
   * one that a launch can reach.
   *
   * @example
   * // First for row-major b, then for b given transposed.
   * specialize: [
   *   { divisible: ["a", "b", "strideBK"], one: ["strideBN"] },
   *   { divisible: ["a", "b", "strideBN"], one: ["strideBK"] },
   * ]
   */
  readonly specialize?: readonly Specialization<P>[];
  /**
   * `checked` (the default) also builds a variant without assumptions, for arguments that keep no other's; with `required` launching those is an
   * error.
   */
  readonly alignment?: "checked" | "required";
}

/** What a variant of a kernel is compiled for. A launch takes the first variant whose conditions its arguments meet. */
export interface Specialization<P> {
  /** Pointers whose address, and integers whose value, is a multiple of 16; "pointers" names all pointers. */
  readonly divisible?: readonly ((keyof P & string) | "pointers")[];
  /** Integers that are 1, such as the stride of the innermost dimension. They stay arguments of the launch. */
  readonly one?: readonly (keyof P & string)[];
}

/** One configuration to compile. */
export type KernelBuild<P> = CompileOptions<P> & {
  /** What the type parameters of a generic kernel stand for: `{ T: "bf16" }`. */
  readonly dtypes?: Readonly<Record<string, DType>>;
} & (keyof Constants<P> extends never
    ? {
        /** The value of each `Const` parameter, by name. */
        readonly constants?: Readonly<Record<string, never>>;
      }
    : { readonly constants: Constants<P> });

/** What `kernel` takes beside the function. */
export interface KernelOptions<P> {
  /**
   * The configurations to compile, read by the compiler without running the file. Of those with the same constants and dtypes a launch takes the
   * one that `tilescript tune` found to be the fastest for its shape, else the first.
   */
  readonly builds?: readonly KernelBuild<P>[];
  /**
   * Constants that decide speed and nothing else, whatever the shape: a launch may leave them out. It gets those of the build that
   * `tilescript tune` found to be the fastest, else of the first, and its grid is a function of them.
   *
   * @example
   * tune: ["BM", "BN", "BK"]
   * // and at the launch:
   * matmul.launch(({ BM, BN }) => [cdiv(M, BM), cdiv(N, BN)], { a, b, c, M, N, K });
   */
  readonly tune?: readonly (keyof Constants<P> & string)[];
  /**
   * What builds that say nothing else are compiled with. A kernel with defaults may leave its builds to whoever compiles the bundle, as the
   * kernels of models do, whose constants follow from the model.
   */
  readonly defaults?: CompileOptions<P>;
}

/**
 * Declares a kernel. The function takes one object, so that a launch is typed by name, and is never run by Node.
 *
 * @example
 * export const add = kernel(({ x, y, out, n, BLOCK }: {
 *   x: Ptr<"f32">; y: Ptr<"f32">; out: Ptr<"f32">; n: Int; BLOCK: Const<"BLOCK">;
 * }) => {
 *   const i = programId(0) * BLOCK + arange(0, BLOCK);
 *   store(out + i, load(x + i, { mask: i < n }) + load(y + i, { mask: i < n }), { mask: i < n });
 * }, { builds: [{ constants: { BLOCK: 1024 } }] });
 */
export function kernel<Body extends (params: never) => void>(
  body: Body,
  // From the body's own type, not inferred as `(params: P) => void`: that would refuse bodies that are generic over dtype.
  options?: KernelOptions<Parameters<Body>[0]>,
): Kernel<Parameters<Body>[0]> {
  if (typeof body !== "function") return outsideKernel("kernel", body);
  const handle = { kind: "kernel", builds: options?.builds?.length ?? 0 };
  return Object.freeze(Object.assign(Object.create(NOT_COMPILED), handle)) as Kernel<Parameters<Body>[0]>;
}

/** What a program without types may take a declaration for. */
const NOT_COMPILED = { launch: () => notLoaded("launch"), prepare: () => notLoaded("prepare") };

/** Memory on a device as a launch takes it. `D` is the dtype of its elements where the program declares it. */
export interface Buffer<D extends DType = Forgotten> {
  /** Where it begins, as the device counts. */
  readonly address: bigint;
  /** How many bytes it has. */
  readonly bytes: number;
  readonly [ELEMENT]?: D;
}

/** What a launch takes for a tensor descriptor: sizes and strides in elements, outermost first; the last stride is 1. */
export interface DescriptorBuffer<D extends DType = Forgotten> {
  /** The memory that holds it. */
  readonly buffer: Buffer<D>;
  /** Its sizes, outermost first. */
  readonly shape: readonly number[];
  /** How many elements lie between neighbours along each axis. */
  readonly strides: readonly number[];
}

type DTypeOf<T> = DTypeKey extends keyof T ? NonNullable<T[DTypeKey]> & DType : Forgotten;

type ScalarArgument<D> = D extends DType ? DTypeFacts[D]["argument"] : number;

/** What a launch takes for a parameter. */
export type ArgumentFor<T> =
  IsConst<T> extends true
    ? BaseOf<T>
    : KindKey extends keyof T
      ? NonNullable<T[KindKey]> extends "pointer"
        ? Buffer<DTypeOf<T>>
        : NonNullable<T[KindKey]> extends "descriptor"
          ? DescriptorBuffer<DTypeOf<T>>
          : ShapeKey extends keyof T
            ? ScalarArgument<DTypeOf<T>>
            : never
      : BaseOf<T>;

type ParametersOf<K> = K extends Kernel<infer P> ? P : never;

/**
 * The arguments of a launch, from the kernel's own type: buffers by dtype, scalars as numbers, constants optional (they choose the build).
 *
 * @example
 * const args: KernelArguments<typeof matmul> = { a, b, c, M: 512, N: 512, K: 64 };
 */
export type KernelArguments<K> = ArgumentsOf<ParametersOf<K>>;

/** One that the kernel declares as optional a launch may leave out. */
type ArgumentsOf<P> = {
  readonly [N in keyof P as IsConst<P[N]> extends true ? never : N]:
    | ArgumentFor<NonNullable<P[N]>>
    | (undefined extends P[N] ? null | undefined : never);
} & { readonly [N in keyof P as IsConst<P[N]> extends true ? N : never]?: ArgumentFor<P[N]> };
