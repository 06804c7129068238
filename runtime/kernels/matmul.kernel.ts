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
import { biased, gated } from "./epilogue.js";

/*
 * Products of many rows. Tiles of the result are walked down in groups of rows, so that programs which run together share the columns of B
 * in L2. Where there are many tiles (FLAT), as many programs as the device runs at once take turns, and Triton makes one loop of the walk over
 * tiles and over K: the loads of a program's next tile are under way while its last one is stored. Results leave as descriptors' blocks of CN
 * columns, BN of a tile or half of them: a block waits in shared memory, beside the operands of the next products.
 */

/** First row and column of a tile of the result. */
function cornerOf(tile: number, M: number, N: number, BM: number, BN: number, GROUP: number): [number, number] {
  const rowTiles = cdiv(M, BM);
  const perGroup = GROUP * cdiv(N, BN);
  const firstRow = floorDiv(tile, perGroup) * GROUP;
  const rows = minimum(rowTiles - firstRow, GROUP);
  const rowTile = firstRow + mod(mod(tile, perGroup), rows);
  return [rowTile * BM, floorDiv(mod(tile, perGroup), rows) * BN];
}

/** Rows from `m` of A · rows from `n` of B, transposed, and the bias. */
function product(
  a: Descriptor<"bf16">,
  b: Descriptor<"bf16">,
  bias: Ptr<"f32">,
  m: number,
  n: number,
  N: number,
  K: number,
  BM: number,
  BN: number,
  BK: number,
  BIAS: boolean,
): Tile {
  let acc = zeros([BM, BN], "f32");
  for (const k of range(0, K, BK))
    acc = dot(loadTensorDescriptor(a, [m, k]), trans(loadTensorDescriptor(b, [n, k])), { acc });
  const columns = row(n + arange(0, BN));
  return biased(acc, bias, columns, columns < N, BIAS);
}

/** Left and right half of a tile's columns. */
function halves(x: Tile, BM: number, CN: number): [Tile, Tile] {
  return split(permute(reshape(x, [BM, 2, CN]), 0, 2, 1));
}

function put(c: Descriptor<"bf16">, acc: Tile, m: number, n: number, BM: number, BN: number, CN: number) {
  if (CN < BN) {
    const [left, right] = halves(acc, BM, CN);
    storeTensorDescriptor(c, [m, n], to(left, "bf16"));
    storeTensorDescriptor(c, [m, n + CN], to(right, "bf16"));
  } else storeTensorDescriptor(c, [m, n], to(reshape(acc, [BM, CN]), "bf16"));
}

function add(c: Descriptor<"f32">, acc: Tile, m: number, n: number, BM: number, BN: number, CN: number) {
  if (CN < BN) {
    const [left, right] = halves(acc, BM, CN);
    atomicAddTensorDescriptor(c, [m, n], left);
    atomicAddTensorDescriptor(c, [m, n + CN], right);
  } else atomicAddTensorDescriptor(c, [m, n], reshape(acc, [BM, CN]));
}

/** C [M, N] in bf16 = A [M, K] · B [N, K]ᵀ + bias [N], both row-major bf16, sums in f32. */
export const matmul = kernel(
  (p: {
    a: Descriptor<"bf16", [Const<"BM">, Const<"BK">]>;
    b: Descriptor<"bf16", [Const<"BN">, Const<"BK">]>;
    bias: Ptr<"f32">;
    c: Descriptor<"bf16", [Const<"BM">, Const<"CN">]>;
    M: Int;
    N: Int;
    K: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    BK: Const<"BK">;
    /** Columns of the result that leave together: BN, or half of it. */
    CN: Const<"CN">;
    GROUP: Const<"GROUP">;
    BIAS: Const<"BIAS", boolean>;
    /** Whether programs take turns; else there is one for each tile. */
    FLAT: Const<"FLAT", boolean>;
  }) => {
    if (p.FLAT) {
      for (const tile of range(programId(0), cdiv(p.M, p.BM) * cdiv(p.N, p.BN), numPrograms(0), { flatten: true })) {
        const [m, n] = cornerOf(tile, p.M, p.N, p.BM, p.BN, p.GROUP);
        put(p.c, product(p.a, p.b, p.bias, m, n, p.N, p.K, p.BM, p.BN, p.BK, p.BIAS), m, n, p.BM, p.BN, p.CN);
      }
    } else {
      const [m, n] = cornerOf(programId(0), p.M, p.N, p.BM, p.BN, p.GROUP);
      put(p.c, product(p.a, p.b, p.bias, m, n, p.N, p.K, p.BM, p.BN, p.BK, p.BIAS), m, n, p.BM, p.BN, p.CN);
    }
  },
  { defaults: { warps: 8, stages: 3, alignment: "required", divisible: ["a", "b", "bias", "c", "N", "K"] } },
);

/**
 * C [M, N] += A [M, K] · B [N, K]ᵀ + bias with C in f32: the product joins the residual. Memory adds, so that the residual is not loaded; each
 * element is added to once, so that the sum does not depend on an order.
 */
export const matmulAdd = kernel(
  (p: {
    a: Descriptor<"bf16", [Const<"BM">, Const<"BK">]>;
    b: Descriptor<"bf16", [Const<"BN">, Const<"BK">]>;
    bias: Ptr<"f32">;
    c: Descriptor<"f32", [Const<"BM">, Const<"CN">]>;
    M: Int;
    N: Int;
    K: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    BK: Const<"BK">;
    /** Columns of the result that leave together: BN, or half of it. */
    CN: Const<"CN">;
    GROUP: Const<"GROUP">;
    BIAS: Const<"BIAS", boolean>;
    /** Whether programs take turns; else there is one for each tile. */
    FLAT: Const<"FLAT", boolean>;
  }) => {
    if (p.FLAT) {
      for (const tile of range(programId(0), cdiv(p.M, p.BM) * cdiv(p.N, p.BN), numPrograms(0), { flatten: true })) {
        const [m, n] = cornerOf(tile, p.M, p.N, p.BM, p.BN, p.GROUP);
        add(p.c, product(p.a, p.b, p.bias, m, n, p.N, p.K, p.BM, p.BN, p.BK, p.BIAS), m, n, p.BM, p.BN, p.CN);
      }
    } else {
      const [m, n] = cornerOf(programId(0), p.M, p.N, p.BM, p.BN, p.GROUP);
      add(p.c, product(p.a, p.b, p.bias, m, n, p.N, p.K, p.BM, p.BN, p.BK, p.BIAS), m, n, p.BM, p.BN, p.CN);
    }
  },
  { defaults: { warps: 8, stages: 3, alignment: "required", divisible: ["a", "b", "bias", "c", "N", "K"] } },
);

/** out [M, F] = act(A · gateᵀ) · (A · upᵀ) in bf16, for A [M, K] and the stacked weights B = [gate; up], [2F, K]. */
export const matmulGated = kernel(
  (p: {
    a: Descriptor<"bf16", [Const<"BM">, Const<"BK">]>;
    b: Descriptor<"bf16", [Const<"BN">, Const<"BK">]>;
    bias: Ptr<"f32">;
    c: Ptr<"bf16">;
    M: Int;
    N: Int;
    K: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    BK: Const<"BK">;
    GROUP: Const<"GROUP">;
    BIAS: Const<"BIAS", boolean>;
    ACT: Const<"ACT", string>;
  }) => {
    const [m, n] = cornerOf(programId(0), p.M, p.N, p.BM, p.BN, p.GROUP);
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
  { defaults: { warps: 8, stages: 3, alignment: "required", divisible: ["a", "b", "bias", "c", "N", "K"] } },
);
