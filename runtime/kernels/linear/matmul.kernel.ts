import {
  arange,
  atomicAddTensorDescriptor,
  type Const,
  cdiv,
  col,
  type Descriptor,
  dot,
  floorDiv,
  type Int,
  kernel,
  loadTensorDescriptor,
  minimum,
  mod,
  numPrograms,
  type Ptr,
  permute,
  programId,
  range,
  reshape,
  row,
  split,
  store,
  storeTensorDescriptor,
  type Tile,
  to,
  trans,
  zeros,
} from "tilescript";
import { biased, gated } from "../epilogue.js";

/*
 * Products of many rows. Tiles of the result are walked down in groups of rows, so that programs which run together share the columns of B
 * in L2. Where there are many tiles (FLAT), as many programs as the device runs at once take turns, and Triton makes one loop of the walk over
 * tiles and over K: the loads of a program's next tile are under way while its last one is stored. Results leave as descriptors' blocks of CN
 * columns, BN of a tile or half of them: a block waits in shared memory, beside the operands of the next products.
 */

/** Both operands of a product in bf16, and what is added to each row of it. */
export interface Operands {
  a: Descriptor<"bf16", [Const<"BM">, Const<"BK">]>;
  b: Descriptor<"bf16", [Const<"BN">, Const<"BK">]>;
  bias: Ptr<"f32">;
}

export interface Sizes {
  M: Int;
  N: Int;
  K: Int;
  BM: Const<"BM">;
  BN: Const<"BN">;
  BK: Const<"BK">;
  BIAS: Const<"BIAS", boolean>;
}

interface Walk extends Sizes {
  GROUP: Const<"GROUP">;
  /** Columns of the result that leave together: BN, or half of it. */
  CN: Const<"CN">;
  /** Whether programs take turns; else there is one for each tile. */
  FLAT: Const<"FLAT", boolean>;
}

/** First row and column of a tile of the result. */
function cornerOf(p: Sizes & { GROUP: number }, tile: number): [number, number] {
  const rowTiles = cdiv(p.M, p.BM);
  const perGroup = p.GROUP * cdiv(p.N, p.BN);
  const firstRow = floorDiv(tile, perGroup) * p.GROUP;
  const rows = minimum(rowTiles - firstRow, p.GROUP);
  const rowTile = firstRow + mod(mod(tile, perGroup), rows);
  return [rowTile * p.BM, floorDiv(mod(tile, perGroup), rows) * p.BN];
}

/** Rows from `m` of A · rows from `n` of B, transposed, and the bias. */
export function product(p: Operands & Sizes, m: number, n: number): Tile {
  let acc = zeros([p.BM, p.BN], "f32");
  for (const k of range(0, p.K, p.BK))
    acc = dot(loadTensorDescriptor(p.a, [m, k]), trans(loadTensorDescriptor(p.b, [n, k])), { acc });
  const columns = row(n + arange(0, p.BN));
  return biased(acc, p.bias, columns, columns < p.N, p.BIAS);
}

/** A block of the result, of CN columns, and its first row and column. */
type Leave = (block: Tile, m: number, n: number) => void;

/** A tile of the result in its blocks. */
function tileAt(p: Operands & Walk, tile: number, leave: Leave) {
  const [m, n] = cornerOf(p, tile);
  const acc = product(p, m, n);
  if (p.CN < p.BN) {
    const [left, right] = split(permute(reshape(acc, [p.BM, 2, p.CN]), 0, 2, 1));
    leave(left, m, n);
    leave(right, m, n + p.CN);
  } else leave(reshape(acc, [p.BM, p.CN]), m, n);
}

/** All that a program has of the result. */
function resultOf(p: Operands & Walk, leave: Leave) {
  if (p.FLAT) {
    for (const tile of range(programId(0), cdiv(p.M, p.BM) * cdiv(p.N, p.BN), numPrograms(0), { flatten: true }))
      tileAt(p, tile, leave);
  } else tileAt(p, programId(0), leave);
}

/** C [M, N] in bf16 = A [M, K] · B [N, K]ᵀ + bias [N], both row-major bf16, sums in f32. */
export const matmul = kernel(
  (p: Operands & { c: Descriptor<"bf16", [Const<"BM">, Const<"CN">]> } & Walk) => {
    resultOf(p, (block, m, n) => storeTensorDescriptor(p.c, [m, n], to(block, "bf16")));
  },
  { defaults: { warps: 8, stages: 3, alignment: "required", divisible: ["a", "b", "bias", "c", "N", "K"] } },
);

/**
 * C [M, N] += A [M, K] · B [N, K]ᵀ + bias with C in f32: the product joins the residual. Memory adds, so that the residual is not loaded; each
 * element is added to once, so that the sum does not depend on an order.
 */
export const matmulAdd = kernel(
  (p: Operands & { c: Descriptor<"f32", [Const<"BM">, Const<"CN">]> } & Walk) => {
    resultOf(p, (block, m, n) => atomicAddTensorDescriptor(p.c, [m, n], block));
  },
  { defaults: { warps: 8, stages: 3, alignment: "required", divisible: ["a", "b", "bias", "c", "N", "K"] } },
);

/** out [M, F] = act(A · gateᵀ) · (A · upᵀ) in bf16, for A [M, K] and the stacked weights B = [gate; up], [2F, K]. */
export const matmulGated = kernel(
  (p: Operands & { c: Ptr<"bf16"> } & Sizes & { GROUP: Const<"GROUP">; ACT: Const<"ACT", string> }) => {
    const [m, n] = cornerOf(p, programId(0));
    let gate = zeros([p.BM, p.BN], "f32");
    let up = zeros([p.BM, p.BN], "f32");
    for (const k of range(0, p.K, p.BK)) {
      const x = loadTensorDescriptor(p.a, [m, k]);
      gate = dot(x, trans(loadTensorDescriptor(p.b, [n, k])), { acc: gate });
      up = dot(x, trans(loadTensorDescriptor(p.b, [p.N + n, k])), { acc: up });
    }
    const rows = m + arange(0, p.BM);
    const columns = row(n + arange(0, p.BN));
    const mask = col(rows) < p.M && columns < p.N;
    gate = biased(gate, p.bias, columns, columns < p.N, p.BIAS);
    up = biased(up, p.bias, p.N + columns, columns < p.N, p.BIAS);
    store(p.c + col(rows) * p.N + columns, to(gated(gate, up, p.ACT), "bf16"), { mask });
  },
  { defaults: { warps: 8, stages: 3, alignment: "required", divisible: ["pointers", "N", "K"] } },
);
