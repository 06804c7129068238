import type { DeviceBuffer } from "../device/device.js";
import { GATED_TILES, PRODUCT_TILES, paddedRows, productPrograms, tileFor } from "../kernels/linear/product-tiles.js";
import { matrixUnit, rowsOfTile, TILES, type Tiles, type UnitOf } from "../kernels/tiles.js";
import { cdiv } from "../tiling.js";
import type { ChunkBuffers } from "./chunk-buffers.js";
import type { PassHost } from "./host.js";
import { type Matrix, matrixArguments, rowsOfStack, type Stack, weightArguments } from "./weights.js";
import { isInWords, WordProducts } from "./word-products.js";

/** From so many tokens on, writing a matrix out as bf16 once and multiplying at full speed beats dequantising inside the product. */
export const MANY_TOKENS = 128;

/** Whether rows of any number are multiplied with a matrix as it is, from shared memory. */
export const isAsItIs = (device: UnitOf, { format }: Matrix): boolean =>
  format === "bf16" && matrixUnit(device) === "warpgroup";

/**
 * The matrix products of a chunk or a batch: of bf16 with the matrix as it is where the device has the unit for it; else dequantised inside the product for
 * few tokens, through a bf16 copy of the matrix for many; and on a CPU in whole numbers.
 */
export class Products {
  readonly #host: PassHost;
  readonly #buffers: ChunkBuffers;
  readonly #count: number;
  readonly #tiles: Tiles;
  readonly #inWords: WordProducts | undefined;

  constructor(host: PassHost, buffers: ChunkBuffers, count: number) {
    this.#host = host;
    this.#buffers = buffers;
    this.#count = count;
    this.#tiles = TILES[host.device.traits.tiles];
    this.#inWords = buffers.words && new WordProducts(host, buffers.words, count);
  }

  /** out [count, rows] = a · Wᵀ; what is stacked of several formats goes through a copy for few tokens too. */
  store(a: DeviceBuffer, stack: Stack, out: DeviceBuffer): void {
    const words = this.#wordsOf(stack);
    if (words) {
      words.store(a, stack, out);
      return;
    }
    if (stack.length === 1 && this.#isFew(stack[0])) {
      this.#few(a, stack[0], out, this.#buffers.residual, "store");
      return;
    }
    const { grid, args } = this.#ungated(a, stack, out);
    this.#host.kernels.matmul.launch(grid, args);
  }

  /** residual [count, rows] += a · Wᵀ */
  add(a: DeviceBuffer, matrix: Matrix, residual: DeviceBuffer): void {
    const words = this.#wordsOf([matrix]);
    if (words) {
      words.add(a, matrix, residual);
      return;
    }
    if (this.#isFew(matrix)) {
      this.#few(a, matrix, this.#buffers.qkv, residual, "add");
      return;
    }
    const { grid, args } = this.#ungated(a, [matrix], residual);
    this.#host.kernels.matmulAdd.launch(grid, args);
  }

  /** out [count, F] = act(a · gateᵀ) · (a · upᵀ) for the stacked matrix [gate; up]. */
  gated(a: DeviceBuffer, matrix: Matrix, out: DeviceBuffer): void {
    const words = this.#wordsOf([matrix], 2);
    if (words) {
      words.gated(a, matrix, out);
      return;
    }
    const { kernels, config, device } = this.#host;
    const F = matrix.rows / 2;
    const ACT = config.activation;
    if (this.#isFew(matrix)) {
      const { gate } = this.#tiles;
      this.#few(a, matrix, this.#buffers.gateUp, this.#buffers.residual, "store");
      kernels.gateUp.launch([this.#count, cdiv(F, gate.BLOCK)], {
        ...{ product: this.#buffers.gateUp, out, F, ...gate, ACT },
      });
      return;
    }
    const tile = tileFor(GATED_TILES, { M: this.#count, N: F }, device);
    const { operands, BIAS } = this.#many(a, [matrix], F, tile);
    const grid = productPrograms(operands, tile, device);
    kernels.matmulGated.launch([grid], { ...operands, c: out, ...tile, BIAS, ACT });
  }

  /** What multiplies with a stack, each matrix of so many parts, in whole numbers; undefined where nothing does. */
  #wordsOf(stack: Stack, parts = 1): WordProducts | undefined {
    return isInWords(this.#host.device, stack, parts) ? this.#inWords : undefined;
  }

  #isFew(matrix: Matrix): boolean {
    return this.#count < MANY_TOKENS && !isAsItIs(this.#host.device, matrix);
  }

  #few(a: DeviceBuffer, matrix: Matrix, c: DeviceBuffer, residual: DeviceBuffer, EPILOGUE: "store" | "add"): void {
    const { few } = this.#tiles;
    const BM = rowsOfTile(this.#host.device.traits.tiles, few.BM, this.#count);
    this.#host.kernels.matmulQuantized.launch([cdiv(this.#count, BM), cdiv(matrix.rows, few.BN)], {
      ...{ a, ...weightArguments(matrix), c, residual },
      ...{ M: this.#count, N: matrix.rows, blockCount: matrix.columns / 32, EPILOGUE, ...few, BM },
    });
  }

  /** A launch that gives all rows as columns of c. */
  #ungated(a: DeviceBuffer, stack: Stack, c: DeviceBuffer) {
    const { device } = this.#host;
    const [M, N] = [this.#count, rowsOfStack(stack)];
    const tile = tileFor(PRODUCT_TILES, { M, N }, device);
    const { operands, BIAS } = this.#many(a, stack, N, tile);
    const grid = [productPrograms(operands, tile, device)] as const;
    return { grid, args: { ...operands, c: { buffer: c, shape: [M, N], strides: [N, 1] }, ...tile, BIAS } };
  }

  /** What the products of many tokens have in common, for N of the rows as columns of the result. */
  #many(a: DeviceBuffer, stack: Stack, N: number, tile: { readonly BM: number }) {
    const [{ format, buffer, bias, columns: K }] = stack;
    const b = stack.length === 1 && format === "bf16" ? buffer : this.#converted(stack);
    const M = this.#count;
    const operands = {
      a: { buffer: a, shape: [paddedRows(M, tile), K], strides: [K, 1] },
      b: { buffer: b, shape: [rowsOfStack(stack), K], strides: [K, 1] },
      // The first one's, behind which lie those of the others.
      bias: bias ?? buffer,
      ...{ M, N, K },
    };
    return { operands, BIAS: bias !== undefined };
  }

  /** What is stacked as one bf16 matrix. */
  #converted(stack: Stack): DeviceBuffer {
    const { device, kernels } = this.#host;
    const { dequantize } = this.#tiles;
    const { matrix: whole } = this.#buffers;
    let at = 0;
    for (const matrix of stack) {
      const { rows: rowCount, columns } = matrix;
      const blockCount = columns / 32;
      const bytes = rowCount * columns * 2;
      const out = whole.view(at, bytes);
      if (matrix.format === "bf16") device.copy(out, matrix.buffer, bytes);
      else
        kernels.dequantizeMatrix.launch([cdiv(rowCount, dequantize.R), cdiv(blockCount, dequantize.B)], {
          ...{ ...matrixArguments(matrix), out, rowCount, blockCount, ...dequantize },
        });
      at += bytes;
    }
    return whole;
  }
}
