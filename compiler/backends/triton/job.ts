/** What goes into the Triton worker and what comes back. */

/** One of Triton's parameter types: `*bf16`, `i32`, `fp32`, `constexpr`, `tensordesc<bf16[64, 64]>`. */
export type TritonType = string;

/** JSON knows one kind of number and no dtypes: `{ float: 1 }` is Python's `1.0`, `{ dtype: "bf16" }` is `tl.bfloat16`. */
export type TritonConstant =
  | number
  | boolean
  | string
  | null
  | { readonly float: number | "inf" | "-inf" | "nan" }
  | { readonly dtype: string }
  | readonly TritonConstant[];

export type TritonStage = "ttir" | "ttgir" | "llir" | "ptx" | "cubin" | "sass";

/** Options of Triton's CUDA back end that we support; see `checkJob` for their ranges. */
export interface TritonOptions {
  readonly num_warps?: number;
  readonly num_stages?: number;
  readonly num_ctas?: number;
  /** Fused multiply-add. Triton's default changes in 3.10, so ours (true) is always passed. */
  readonly enable_fp_fusion?: boolean;
  /** Whether libdevice's functions of f32 take subnormal numbers for 0. Triton's default is true. */
  readonly enable_reflect_ftz?: boolean;
  readonly launch_pdl?: boolean;
  readonly launch_cooperative_grid?: boolean;
  readonly maxnreg?: number;
  /** Compiles tl.device_assert, and, unless `sanitize_overflow` is false, a check of every sum and product of integers. */
  readonly debug?: boolean;
  readonly sanitize_overflow?: boolean;
  /** Fixes the PTX version (83 for 8.3) instead of looking for the lowest that ptxas takes. */
  readonly ptx_version?: number;
  /** Extra arguments of ptxas, separated by spaces. */
  readonly ptx_options?: string;
  readonly default_dot_input_precision?: "tf32" | "tf32x3" | "ieee" | "bf16x3" | "bf16x6";
}

/** A line of the generated Python and the place it was generated from. */
export interface LineOrigin {
  readonly python: number;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface TritonJob {
  /** Text of a Python module that imports triton and defines the kernel. */
  readonly source: string;
  /** Name of the module in errors and line info. The file need not exist. Default: `<kernel>.triton.py`. */
  readonly file?: string;
  /** Name of the `@triton.jit` function. */
  readonly kernel: string;
  /** A type for every parameter; order does not matter. */
  readonly signature: Readonly<Record<string, TritonType>>;
  /** Values of the `constexpr` parameters. */
  readonly constants?: Readonly<Record<string, TritonConstant>>;
  /** Pointers (by bytes) and integers (by value) that are multiples of 16. */
  readonly divisible?: readonly string[];
  /** Integers that are 1. They stay arguments of the cubin, which does not read them. */
  readonly one?: readonly string[];
  /** Compute capability without the dot: 90 for sm_90. */
  readonly target: { readonly arch: number };
  readonly options?: TritonOptions;
  /** Default: cubin and ptx. */
  readonly stages?: readonly TritonStage[];
  /**
   * Debug lines in the cubin, and places in TTIR, TTGIR and SASS: of the generated Python (`true`) or of where it came from. Off by default, because with
   * them a cubin is three times the size and depends on file names.
   */
  readonly lineInfo?: boolean | readonly LineOrigin[];
}

/** Triton's description of a host tensor descriptor, for cuTensorMapEncodeTiled; in the order of the parameters. */
export interface TensorDescriptorFacts {
  /** A CUtensorMapSwizzle. */
  readonly swizzle: number;
  /** Bytes. */
  readonly elem_size: number;
  /** Device numbering of the element type; on the host 8, 9 and 10 are 10, 8 and 9. */
  readonly elem_type: number;
  readonly block_size: readonly number[];
  readonly fp4_padded: boolean;
  readonly is_im2col: boolean;
}

export interface TritonMetadata {
  /** The cubin's symbol. */
  readonly name: string;
  /** Warps to launch, as compiled: warp specialisation adds some. */
  readonly numWarps: number;
  readonly numStages: number;
  /** Blocks of a cluster; grid x is multiplied by it. */
  readonly numCtas: number;
  readonly clusterDims: readonly [number, number, number];
  /** Bytes of dynamic shared memory. */
  readonly shared: number;
  /** Columns of tensor memory (Blackwell). */
  readonly tmem: number;
  /** Bytes for each block (× numCtas), and their alignment. */
  readonly globalScratchSize: number;
  readonly globalScratchAlign: number;
  readonly profileScratchSize: number;
  readonly profileScratchAlign: number;
  /** Empty below sm_90, where a descriptor becomes pointer, shape, strides and flags. */
  readonly tensorDescriptors: readonly TensorDescriptorFacts[];
  readonly launchPdl: boolean;
  readonly cooperative: boolean;
  /** Every argument of the entry as PTX declares it, the two scratch pointers included, with its offset in bytes. */
  readonly parameters: readonly { readonly offset: number; readonly size: number; readonly align: number }[];
}

export interface TritonResources {
  readonly registers: number;
  readonly barriers: number;
  readonly stackBytes: number;
  readonly spillStoreBytes: number;
  readonly spillLoadBytes: number;
}

export interface TritonVersions {
  readonly python: string;
  readonly triton: string;
  /** Of the ptxas that made this cubin: Triton 3.9 uses 13.4 for sm_90 and above and 12.9 below. */
  readonly ptxas: string;
  /** A hash of all files of Triton and its ptxas that compiling reads. */
  readonly content: string;
}

export interface TritonOutput {
  readonly ok: true;
  readonly cubin?: Buffer;
  /** At `ptxVersion`, the lowest version that ptxas accepts: the same text the cubin was made from. */
  readonly ptx?: string;
  /** 86 for `.version 8.6`. */
  readonly ptxVersion: number;
  readonly ttir?: string;
  readonly ttgir?: string;
  readonly llir?: string;
  readonly sass?: string;
  readonly metadata: TritonMetadata;
  readonly resources: TritonResources;
  readonly versions: TritonVersions;
  /** What was printed on the way: static_print and warnings. Usually empty. */
  readonly printed: string;
  readonly seconds: number;
}

/** Where a compilation failed. `options` and `resources` are found by ourselves: Triton accepts impossible options. */
export type TritonFailureStage = "options" | "python" | "triton" | "mlir" | "ptxas" | "resources" | "crash" | "timeout";

export interface TritonFailure {
  readonly stage: TritonFailureStage;
  /** One sentence or line. */
  readonly message: string;
  /** In `source`, from 1. Where Triton knows none, the line of the kernel's `def`. */
  readonly line?: number;
  readonly column?: number;
  /** The calls of device functions that led there, outermost first. */
  readonly calls: readonly { readonly line: number; readonly column: number }[];
  /** Everything that Triton, MLIR, LLVM or ptxas printed, cut at 32,000 characters. */
  readonly detail: string;
}

export type TritonResult = TritonOutput | { readonly ok: false; readonly error: TritonFailure };
