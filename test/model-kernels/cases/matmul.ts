import {
  GATED_TILES,
  type GatedTile,
  PRODUCT_TILES,
  type ProductTile,
  productPrograms,
} from "../../../runtime/kernels/linear/product-tiles.js";
import { matrixUnit, type UnitOf } from "../../../runtime/kernels/tiles.js";
import { type Inputs, inputs, KINDS, type Kind } from "../activations.js";
import {
  BF16,
  biasInput,
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
import { kept, wholeBlocks } from "../kept.js";
import { type WeightMatrix, weightMatrix } from "../matrix.js";
import { type Numbers, rounded } from "../numbers.js";
import { type Activation, biased, gated, product, sum } from "../reference.js";
import { biasOf } from "./projections.js";

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
function sizes({ BM, BN, BK, GROUP }: GatedTile): Sizes[] {
  return [
    { M: 1, N: 16, K: 16 },
    { M: BM - 1, N: BN, K: BK },
    { M: BM, N: BN + 16, K: BK + 16 },
    { M: BM + 1, N: 2 * BN - 16, K: 3 * BK - 16 },
    { M: (GROUP + 1) * BM + 1, N: BN + 16, K: BK },
  ];
}

interface Choices {
  readonly BIAS: boolean;
  /** Of a gated product. */
  readonly ACT?: Activation;
}

type MatmulKernel = "matmul" | "matmulAdd" | "matmulGated";

/** The tiles that a kernel may have on a device, one for each case's place in that list or the last one. */
function tilesOf(kernel: MatmulKernel, device: UnitOf): readonly (GatedTile | ProductTile)[] {
  const choices = kernel === "matmulGated" ? GATED_TILES : PRODUCT_TILES;
  return choices[matrixUnit(device)].map(({ tile }) => tile);
}

/** The choices of each kernel; the first is tried at all edges. */
const CHOICES: Readonly<Record<MatmulKernel, readonly Choices[]>> = {
  matmul: [{ BIAS: false }, { BIAS: true }],
  matmulAdd: [{ BIAS: false }, { BIAS: true }],
  matmulGated: [
    { BIAS: false, ACT: "silu" },
    { BIAS: true, ACT: "silu" },
    { BIAS: false, ACT: "gelu" },
    { BIAS: true, ACT: "gelu" },
  ],
};

/** The halves of y [M, 2N] through the gate. */
function gatedHalves(y: Float64Array, N: number, ACT: Activation): Float64Array {
  const half = (from: number) =>
    Float64Array.from({ length: y.length / 2 }, (_, at) => y[Math.floor(at / N) * 2 * N + from + (at % N)]!);
  return gated(half(0), half(N), ACT);
}

/** What c holds before and after a kernel, for y = a · bᵀ + bias. */
function resultOf(
  kernel: MatmulKernel,
  y: Float64Array,
  { N }: Sizes,
  data: Inputs,
  { ACT = "silu" }: Choices,
): CaseBuffer {
  if (kernel === "matmul") return output("bf16", y, data.tolerance(BF16));
  if (kernel === "matmulGated") return output("bf16", gatedHalves(y, N, ACT), data.tolerance(BF16));
  const before = data.f32(y.length);
  return changed("f32", before, sum(before, y), data.tolerance(F32));
}

function matmulCase(kernel: MatmulKernel, place: number, kind: Kind, size: Sizes, choices: Choices): KernelCase {
  const { M, N, K } = size;
  const isGated = kernel === "matmulGated";
  const rowsOfB = isGated ? 2 * N : N;
  // Whole gates must be 0 or so large that their sigmoid is 0 or 1.
  const unit = isGated && kind === "whole" ? 128 : 1;
  const tileOn = ({ device }: Setting) => {
    const tiles = tilesOf(kernel, device);
    return tiles[Math.min(place, tiles.length - 1)]!;
  };
  return {
    kernel,
    title: [
      `tile ${place}`,
      titleOf(kind, size),
      ...(choices.BIAS ? ["bias"] : []),
      ...(choices.ACT ? [choices.ACT] : []),
    ].join(", "),
    constants: (setting) => ({ ...tileOn(setting), ...choices }),
    grid: (setting) => [productPrograms(size, tileOn(setting), setting.device)],
    prepare() {
      const data = inputs(kind, M + K);
      const a = data.bf16(M * K);
      const b = data.bf16(rowsOfB * K).map((value) => value * unit);
      const bias = biasOf(data, choices.BIAS, rowsOfB, unit);
      const y = biased(product(a, b, M, rowsOfB, K), bias);
      return {
        buffers: {
          a: withMore(a, K),
          b: withMore(b, K),
          bias: biasInput(bias),
          c: resultOf(kernel, y, size, data, choices),
        },
        args: (buffers) => ({
          a: { buffer: buffers.a!, shape: [M, K], strides: [K, 1] },
          b: { buffer: buffers.b!, shape: [rowsOfB, K], strides: [K, 1] },
          bias: buffers.bias!,
          c: isGated ? buffers.c! : { buffer: buffers.c!, shape: [M, N], strides: [N, 1] },
          ...size,
        }),
      };
    },
  };
}

export const matmulCases = ({ device }: Edges): KernelCase[] =>
  (Object.keys(CHOICES) as MatmulKernel[]).flatMap((kernel) =>
    tilesOf(kernel, device).flatMap((tile, place) =>
      CHOICES[kernel].flatMap((choices, index) => {
        const all = sizes(tile);
        const some = index === 0 ? all : all.slice(2, 4);
        return KINDS.flatMap((kind) => some.map((size) => matmulCase(kernel, place, kind, size, choices)));
      }),
    ),
  );

/** Dequantised numbers as the product takes them. */
const asFactor = ({ values }: WeightMatrix): Float64Array => rounded("bf16", values);

const quantized = (format: WeightMatrix["format"], kind: Kind, { N, K }: Sizes, source: Numbers): WeightMatrix =>
  weightMatrix(format, N, K / 32, source, kind === "whole" ? { kind, unit: 1 } : { kind });

export function matmulQuantizedCases({ tiles: { few } }: Edges): KernelCase[] {
  const { BM, BN, B } = few;
  const all: Sizes[] = [
    { M: 1, N: 16, K: 1 },
    { M: BM, N: BN, K: B },
    { M: BM + 1, N: BN + 16, K: B + 1 },
    { M: 2 * BM - 1, N: 2 * BN - 16, K: 4 * B - 1 },
  ];
  /** With whole blocks of the format; one K for each size, since edges of K need not be those of M and N. */
  const sizesOf = (format: WeightMatrix["format"]): Sizes[] =>
    all.map(({ M, N, K }) => ({ M, N, K: 32 * wholeBlocks(format, [K])[0]! }));
  const epilogues = ["store", "add"] as const;
  return epilogues.flatMap((EPILOGUE) => [
    ...kept.flatMap((FORMAT) =>
      KINDS.flatMap((kind) =>
        sizesOf(FORMAT).map((size) => matmulQuantizedCase({ FORMAT, EPILOGUE, BIAS: false }, kind, size)),
      ),
    ),
    ...KINDS.flatMap((kind) =>
      sizesOf("q4_0")
        .slice(1)
        .map((size) => matmulQuantizedCase({ FORMAT: "q4_0", EPILOGUE, BIAS: true }, kind, size)),
    ),
  ]);
}

interface QuantizedChoices {
  readonly FORMAT: WeightMatrix["format"];
  readonly EPILOGUE: "store" | "add";
  readonly BIAS: boolean;
}

function matmulQuantizedCase({ FORMAT, EPILOGUE, BIAS }: QuantizedChoices, kind: Kind, size: Sizes): KernelCase {
  const { M, N, K } = size;
  return {
    kernel: "matmulQuantized",
    title: `${FORMAT}, ${EPILOGUE}, ${titleOf(kind, size)}${BIAS ? ", bias" : ""}`,
    constants: ({ tiles }) => ({ ...tiles.few, FORMAT, EPILOGUE, BIAS }),
    grid: ({ tiles }) => [cdiv(M, tiles.few.BM), cdiv(N, tiles.few.BN)],
    prepare() {
      const data = inputs(kind, M + K);
      const matrix = quantized(FORMAT, kind, size, data.source);
      const a = data.bf16(M * K);
      const bias = biasOf(data, BIAS, N);
      const y = biased(product(a, asFactor(matrix), M, N, K), bias);
      const before = data.f32(M * N);
      const adds = EPILOGUE === "add";
      return {
        buffers: {
          a: withMore(a, K),
          weights: weightsInput(matrix),
          bias: biasInput(bias),
          // Each epilogue leaves the other's buffer alone.
          c: adds ? input("bf16", data.bf16(M * N)) : output("bf16", y, data.tolerance(BF16)),
          residual: adds ? changed("f32", before, sum(before, y), data.tolerance(F32)) : input("f32", before),
        },
        args: (b) => ({
          ...named(b, "a", "bias", "c", "residual"),
          ...weightsArguments(b.weights),
          ...{ M, N, blockCount: K / 32 },
        }),
      };
    },
  };
}

export function gateUpCases({ tiles }: Edges): KernelCase[] {
  const { BLOCK } = tiles.gate;
  return (["silu", "gelu"] as const).flatMap((ACT) =>
    KINDS.flatMap((kind) => [16, BLOCK - 16, BLOCK, BLOCK + 16].map((F) => gateUpCase(ACT, kind, F))),
  );
}

function gateUpCase(ACT: Activation, kind: Kind, F: number): KernelCase {
  const rows = 3;
  return {
    kernel: "gateUp",
    title: `${kind} numbers, ${F} columns, ${ACT}`,
    constants: (setting) => ({ ...setting.tiles.gate, ACT }),
    grid: (setting) => [rows, cdiv(F, setting.tiles.gate.BLOCK)],
    prepare() {
      const data = inputs(kind, F);
      const unit = kind === "whole" ? 128 : 1;
      const product = data.bf16(rows * 2 * F).map((value) => value * unit);
      return {
        buffers: {
          product: input("bf16", product),
          out: output("bf16", gatedHalves(product, F, ACT), data.tolerance(BF16)),
        },
        args: (b) => ({ ...named(b, "product", "out"), F }),
      };
    },
  };
}
