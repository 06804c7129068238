import {
  type Build,
  type ConstValue,
  DTYPES,
  evaluateDim,
  isLeftOut,
  type Kernel,
  type Param,
  type Promises,
} from "../../../ir/index.js";

import type { TritonText } from "./emit-triton.js";

/** What Triton's compiler needs besides the text, as `compiler/backends/triton` takes it. Keys are Python's parameter names. */
export interface TritonSignature {
  readonly signature: Readonly<Record<string, string>>;
  /** Null is Python's None. */
  readonly constants: Readonly<
    Record<string, number | boolean | string | null | { readonly float: number | "inf" | "-inf" | "nan" }>
  >;
  /** Parameters taken as multiples of 16: pointers by bytes, integers by value. */
  readonly divisible: readonly string[];
  /** Integers that are 1. */
  readonly one: readonly string[];
  readonly options: {
    readonly num_warps: number;
    readonly num_stages: number;
    readonly num_ctas: number;
    readonly enable_fp_fusion: boolean;
    readonly enable_reflect_ftz?: false;
    readonly launch_pdl?: true;
    readonly maxnreg?: number;
    readonly launch_cooperative_grid?: true;
    readonly debug?: true;
    readonly sanitize_overflow?: false;
  };
}

const TYPES: { readonly [K in Param["kind"]]: (param: Extract<Param, { kind: K }>, build: Build) => string } = {
  pointer: (param) => `*${DTYPES[param.dtype].signature}`,
  scalar: (param) => DTYPES[param.dtype].signature,
  const: () => "constexpr",
  descriptor: (param, build) => {
    const block = param.block.map((dim) => evaluateDim(dim, build.constants));
    return `tensordesc<${DTYPES[param.dtype].signature}[${block.join(", ")}]>`;
  },
};

const INFINITE = new Map<number, "inf" | "-inf">([
  [Infinity, "inf"],
  [-Infinity, "-inf"],
]);

/** JSON has one kind of number; a float says that it is one. */
function constantOf(value: ConstValue, of: "int" | "float" | "bool" | "string"): TritonSignature["constants"][string] {
  if (of !== "float" || typeof value !== "number") return value;
  return { float: Number.isNaN(value) ? "nan" : (INFINITE.get(value) ?? value) };
}

/**
 * Triton's signature of one build.
 * @param promises what the variant takes for granted, by the kernel's names of the parameters
 * @param emitted what `emitTriton` says of the text: Python's names, and whether it keeps subnormal numbers
 */
export function signatureOf(
  kernel: Kernel,
  build: Build,
  promises: Promises,
  { parameters, subnormals }: Pick<TritonText, "parameters" | "subnormals">,
): TritonSignature {
  const python = (name: string): string => parameters.get(name) ?? name;
  const type = (param: Param): string =>
    isLeftOut(param, build) ? "constexpr" : (TYPES[param.kind] as (param: Param, build: Build) => string)(param, build);
  const constants = kernel.params.flatMap((param): [string, TritonSignature["constants"][string]][] => {
    if (param.kind === "const") return [[python(param.name), constantOf(build.constants[param.name]!, param.of)]];
    return isLeftOut(param, build) ? [[python(param.name), null]] : [];
  });
  const named = (names: readonly string[]): string[] =>
    kernel.params
      .filter(({ kind, name }) => (kind === "pointer" || kind === "scalar") && names.includes(name))
      .map(({ name }) => python(name));
  return {
    signature: Object.fromEntries(kernel.params.map((param) => [python(param.name), type(param)])),
    constants: Object.fromEntries(constants),
    divisible: named(promises.divisible),
    one: named(promises.one),
    options: {
      num_warps: build.warps,
      num_stages: build.stages,
      num_ctas: build.ctas,
      enable_fp_fusion: build.fpFusion,
      ...(subnormals ? { enable_reflect_ftz: false as const } : {}),
      ...(build.pdl ? { launch_pdl: true as const } : {}),
      ...(build.maxRegisters === undefined ? {} : { maxnreg: build.maxRegisters }),
      ...(build.cooperative ? { launch_cooperative_grid: true as const } : {}),
      // With debug Triton would check every sum for an overflow too; ours wrap, as they do without it.
      ...(build.debug ? { debug: true as const, sanitize_overflow: false as const } : {}),
    },
  };
}
