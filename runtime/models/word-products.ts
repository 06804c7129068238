import type { Allocator } from "../device/allocations.js";
import type { DeviceBuffer } from "../device/device.js";
import { hasMiddle } from "../kernels/formats/table.js";
import { type UnitOf, WORD_TILE, wordBits, wordRows, wordTokens } from "../kernels/tiles.js";
import { cdiv } from "../tiling.js";
import type { PassHost } from "./host.js";
import { type Matrix, matrixArguments, rowsOfStack, type Stack } from "./weights.js";

/** Both factors of a product as words (kernels/formats/words.ts), with scales and sums of their blocks of 32 columns. */
export interface WordBuffers {
  readonly tokens: DeviceBuffer;
  readonly tokenScales: DeviceBuffer;
  readonly totals: DeviceBuffer;
  readonly words: DeviceBuffer;
  readonly scales: DeviceBuffer;
  readonly middles: DeviceBuffer;
}

/** Whether rows of any number are multiplied with these matrices in whole numbers, each of so many `parts`. */
export const isInWords = (device: UnitOf & { readonly processors: number }, stack: Stack, parts = 1): boolean =>
  stack.every(({ rows }) => wordRows(device, rows / parts) !== undefined);

/** For products of up to `tokens` rows with any of the matrices, of which the largest decide. */
export function allocateWordBuffers(memory: Allocator, matrices: readonly Matrix[], tokens: number): WordBuffers {
  const columns = Math.max(0, ...matrices.map((matrix) => matrix.columns));
  const ofTokens = cdiv(tokens, WORD_TILE.tokens) * WORD_TILE.tokens * columns;
  // The last tile of a matrix may be nearly all twice, of a gate and of an up.
  const ofMatrix = Math.max(0, ...matrices.map((matrix) => (matrix.rows + 2 * WORD_TILE.rows) * matrix.columns));
  const words = (elements: number) => memory.alloc(elements * 2);
  const blocks = (elements: number) => memory.alloc((elements / 32) * 4);
  return {
    tokens: words(ofTokens),
    tokenScales: blocks(ofTokens),
    totals: blocks(ofTokens),
    words: words(ofMatrix),
    scales: blocks(ofMatrix),
    middles: blocks(ofMatrix),
  };
}

/** The products of a chunk or a batch in whole numbers. */
export class WordProducts {
  readonly #host: PassHost;
  readonly #buffers: WordBuffers;
  readonly #count: number;
  readonly #M: number;

  constructor(host: PassHost, buffers: WordBuffers, count: number) {
    this.#host = host;
    this.#buffers = buffers;
    this.#count = count;
    this.#M = wordTokens(count);
  }

  /** out [count, rows] = a · Wᵀ */
  store(a: DeviceBuffer, stack: Stack, out: DeviceBuffer): void {
    this.#each(a, stack, (matrix, firstRow) =>
      this.#product(matrix, {
        c: out.view(firstRow * 2),
        residual: out,
        columns: rowsOfStack(stack),
        EPILOGUE: "store",
      }),
    );
  }

  /** residual [count, rows] += a · Wᵀ */
  add(a: DeviceBuffer, matrix: Matrix, residual: DeviceBuffer): void {
    this.#each(a, [matrix], () =>
      this.#product(matrix, { c: residual, residual, columns: matrix.rows, EPILOGUE: "add" }),
    );
  }

  /** out [count, F] = act(a · gateᵀ) · (a · upᵀ) for the stacked matrix [gate; up]. */
  gated(a: DeviceBuffer, matrix: Matrix, out: DeviceBuffer): void {
    const { kernels, config } = this.#host;
    this.#each(a, [matrix], () => {
      const { grid, args } = this.#factors(matrix, 2);
      kernels.matmulWordsGated.launch(grid, { ...args, c: out, ACT: config.activation });
    });
  }

  /** Multiplies `a` with each matrix of a stack, once it is there as words. */
  #each(a: DeviceBuffer, stack: Stack, multiply: (matrix: Matrix, firstRow: number) => void): void {
    const { tokens, tokenScales, totals } = this.#buffers;
    const [M, T] = [this.#M, Math.min(16, this.#M)];
    this.#host.kernels.tokensToWords.launch([(cdiv(this.#count, M) * M) / T], {
      ...{ x: a, tokens, tokenScales, totals, count: this.#count, blockCount: stack[0].columns / 32 },
      ...{ BITS: Math.min(...stack.map(({ format }) => wordBits(format))), M, T },
    });
    let firstRow = 0;
    for (const matrix of stack) {
      multiply(matrix, firstRow);
      firstRow += matrix.rows;
    }
  }

  #product(
    matrix: Matrix,
    to: { c: DeviceBuffer; residual: DeviceBuffer; columns: number; EPILOGUE: "store" | "add" },
  ): void {
    const { grid, args } = this.#factors(matrix, 1);
    this.#host.kernels.matmulWords.launch(grid, { ...args, ...to });
  }

  /** Makes words of a matrix, of so many `parts` with rows of their own; gives what a launch of the product takes. */
  #factors(matrix: Matrix, parts: number) {
    const { device, kernels } = this.#host;
    const { columns, bias, format } = matrix;
    const rowCount = matrix.rows / parts;
    const R = wordRows(device, rowCount)!;
    const tiles = cdiv(rowCount, R);
    const { words, scales, middles } = this.#buffers;
    kernels.weightsToWords.launch([tiles, parts], {
      ...{ ...matrixArguments(matrix), words, scales, middles, rowCount },
      ...{ BITS: wordBits(format), BLOCKS: columns / 32, R },
    });
    const [M, count] = [this.#M, this.#count];
    return {
      grid: [tiles, cdiv(count, M)] as const,
      args: {
        ...{ ...this.#buffers, blockCount: columns / 32, count, rowCount, M, R, MIDDLE: hasMiddle(format) },
        ...{ bias: bias ?? scales, BIAS: bias !== undefined },
      },
    };
  }
}
