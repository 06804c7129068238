import { FORMATS } from "../../../runtime/kernels/tiles.js";
import { inputs, KINDS, type Kind } from "../activations.js";
import {
  BF16,
  type CaseBuffer,
  cdiv,
  changed,
  type Edges,
  F32,
  input,
  type KernelCase,
  named,
  output,
  type Setting,
  weightsArguments,
  weightsInput,
  withMore,
} from "../case.js";
import { type WeightMatrix, weightMatrix } from "../matrix.js";
import { type Numbers, rounded } from "../numbers.js";
import { gated, product, sum } from "../reference.js";

interface Sizes {
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

const titleOf = (kind: Kind, { M, N, K }: Sizes): string => `${kind} numbers, ${M} × ${N} × ${K}`;

/**
 * Sizes at the edges of tiles; N and K are multiples of 16, as the kernels promise. Tall ones have more tiles than a group, and another
 * number of tiles than a multiple of it.
 */
function sizes({ BM, BN, BK, GROUP }: Setting["tiles"]["matmul"]): Sizes[] {
  return [
    { M: 1, N: 16, K: 16 },
    { M: BM - 1, N: BN, K: BK },
    { M: BM, N: BN + 16, K: BK + 16 },
    { M: BM + 1, N: 2 * BN - 16, K: 3 * BK - 16 },
    { M: (GROUP + 1) * BM + 1, N: BN + 16, K: BK },
  ];
}

const KERNELS = ["matmul", "matmulAdd", "matmulSwiglu"] as const;
type MatmulKernel = (typeof KERNELS)[number];

/** What c holds before and after a kernel, for y = a · bᵀ. */
const RESULTS: Readonly<
  Record<MatmulKernel, (y: Float64Array, sizes: Sizes, data: ReturnType<typeof inputs>) => CaseBuffer>
> = {
  matmul: (y, _, data) => output("bf16", y, data.tolerance(BF16)),
  matmulAdd(y, _, data) {
    const before = data.f32(y.length);
    return changed("f32", before, sum(before, y), data.tolerance(F32));
  },
  matmulSwiglu(y, { M, N }, data) {
    const half = (from: number) =>
      Float64Array.from({ length: M * N }, (_, at) => y[Math.floor(at / N) * 2 * N + from + (at % N)]!);
    return output("bf16", gated(half(0), half(N)), data.tolerance(BF16));
  },
};

function matmulCase(kernel: MatmulKernel, kind: Kind, size: Sizes): KernelCase {
  const { M, N, K } = size;
  const rowsOfB = kernel === "matmulSwiglu" ? 2 * N : N;
  // Whole gates must be 0 or so large that their sigmoid is 0 or 1.
  const unit = kernel === "matmulSwiglu" && kind === "whole" ? 128 : 1;
  return {
    kernel,
    title: titleOf(kind, size),
    constants: ({ tiles }) => ({ ...tiles[kernel] }),
    grid: ({ tiles }) => [cdiv(M, tiles[kernel].BM) * cdiv(N, tiles[kernel].BN)],
    prepare() {
      const data = inputs(kind, M + K);
      const a = data.bf16(M * K);
      const b = data.bf16(rowsOfB * K).map((value) => value * unit);
      const y = product(a, b, M, rowsOfB, K);
      return {
        buffers: { a: withMore(a, K), b: withMore(b, K), c: RESULTS[kernel](y, size, data) },
        args: (buffers) => ({
          a: { buffer: buffers.a!, shape: [M, K], strides: [K, 1] },
          b: { buffer: buffers.b!, shape: [rowsOfB, K], strides: [K, 1] },
          ...named(buffers, "c"),
          ...size,
        }),
      };
    },
  };
}

export const matmulCases = ({ tiles }: Edges): KernelCase[] =>
  KERNELS.flatMap((kernel) =>
    KINDS.flatMap((kind) => sizes(tiles[kernel]).map((size) => matmulCase(kernel, kind, size))),
  );

/** Dequantised numbers as the product takes them. */
const asFactor = ({ values }: WeightMatrix): Float64Array => rounded("bf16", values);

const quantized = (format: WeightMatrix["format"], kind: Kind, { N, K }: Sizes, source: Numbers): WeightMatrix =>
  weightMatrix(format, N, K / 32, source, kind === "whole" ? { kind, unit: 1 } : { kind });

export function matmulQuantizedCases({ tiles: { few } }: Edges): KernelCase[] {
  const { BM, BN, B } = few;
  const all: Sizes[] = [
    { M: 1, N: 16, K: 32 },
    { M: BM, N: BN, K: 32 * B },
    { M: BM + 1, N: BN + 16, K: 32 * (B + 1) },
    { M: 2 * BM - 1, N: 2 * BN - 16, K: 32 * (4 * B - 1) },
  ];
  return FORMATS.flatMap((FORMAT) =>
    (["store", "add"] as const).flatMap((EPILOGUE) =>
      KINDS.flatMap((kind) => all.map((size) => matmulQuantizedCase(FORMAT, EPILOGUE, kind, size))),
    ),
  );
}

function matmulQuantizedCase(
  FORMAT: WeightMatrix["format"],
  EPILOGUE: "store" | "add",
  kind: Kind,
  size: Sizes,
): KernelCase {
  const { M, N, K } = size;
  return {
    kernel: "matmulQuantized",
    title: `${FORMAT}, ${EPILOGUE}, ${titleOf(kind, size)}`,
    constants: ({ tiles }) => ({ ...tiles.few, FORMAT, EPILOGUE }),
    grid: ({ tiles }) => [cdiv(M, tiles.few.BM), cdiv(N, tiles.few.BN)],
    prepare() {
      const data = inputs(kind, M + K);
      const matrix = quantized(FORMAT, kind, size, data.source);
      const a = data.bf16(M * K);
      const y = product(a, asFactor(matrix), M, N, K);
      const before = data.f32(M * N);
      const adds = EPILOGUE === "add";
      return {
        buffers: {
          a: withMore(a, K),
          weights: weightsInput(matrix),
          // Each epilogue leaves the other's buffer alone.
          c: adds ? input("bf16", data.bf16(M * N)) : output("bf16", y, data.tolerance(BF16)),
          residual: adds ? changed("f32", before, sum(before, y), data.tolerance(F32)) : input("f32", before),
        },
        args: (b) => ({
          ...named(b, "a", "c", "residual"),
          ...weightsArguments(b.weights),
          ...{ M, N, blockCount: K / 32 },
        }),
      };
    },
  };
}

export function swigluCases({ tiles }: Edges): KernelCase[] {
  const { BLOCK } = tiles.swiglu;
  const rows = 3;
  return KINDS.flatMap((kind) =>
    [16, BLOCK - 16, BLOCK, BLOCK + 16].map(
      (F): KernelCase => ({
        kernel: "swiglu",
        title: `${kind} numbers, ${F} columns`,
        constants: (setting) => ({ ...setting.tiles.swiglu }),
        grid: (setting) => [rows, cdiv(F, setting.tiles.swiglu.BLOCK)],
        prepare() {
          const data = inputs(kind, F);
          const unit = kind === "whole" ? 128 : 1;
          const gateUp = data.bf16(rows * 2 * F).map((value) => value * unit);
          const part = (from: number): Float64Array =>
            Float64Array.from({ length: rows * F }, (_, at) => gateUp[Math.floor(at / F) * 2 * F + from + (at % F)]!);
          return {
            buffers: {
              gateUp: input("bf16", gateUp),
              out: output("bf16", gated(part(0), part(F)), data.tolerance(BF16)),
            },
            args: (b) => ({ ...named(b, "gateUp", "out"), F }),
          };
        },
      }),
    ),
  );
}
