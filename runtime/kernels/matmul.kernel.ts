import {
  arange,
  type Const,
  cdiv,
  col,
  type Descriptor,
  dot,
  floorDiv,
  type Int,
  kernel,
  load,
  loadTensorDescriptor,
  minimum,
  mod,
  type Ptr,
  programId,
  range,
  row,
  store,
  to,
  trans,
  zeros,
} from "tilescript";
import { biased, gated } from "./epilogue.js";

/**
 * Which tile of the output a program computes: tiles are walked down in groups of rows, so that programs which run together share
 * the columns of B in L2.
 */
function tileOf(program: number, rowTiles: number, columnTiles: number, GROUP: number): [number, number] {
  const perGroup = GROUP * columnTiles;
  const firstRow = floorDiv(program, perGroup) * GROUP;
  const rows = minimum(rowTiles - firstRow, GROUP);
  return [firstRow + mod(mod(program, perGroup), rows), floorDiv(mod(program, perGroup), rows)];
}

/** C [M, N] in bf16 = A [M, K] · B [N, K]ᵀ + bias [N], both row-major bf16, sums in f32. */
export const matmul = kernel(
  ({
    a,
    b,
    bias,
    c,
    M,
    N,
    K,
    BM,
    BN,
    BK,
    GROUP,
    BIAS,
  }: {
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
  }) => {
    const [rowTile, columnTile] = tileOf(programId(0), cdiv(M, BM), cdiv(N, BN), GROUP);
    let acc = zeros([BM, BN], "f32");
    for (const k of range(0, K, BK)) {
      acc = dot(loadTensorDescriptor(a, [rowTile * BM, k]), trans(loadTensorDescriptor(b, [columnTile * BN, k])), {
        acc,
      });
    }
    const rows = rowTile * BM + arange(0, BM);
    const columns = row(columnTile * BN + arange(0, BN));
    acc = biased(acc, bias, columns, columns < N, BIAS);
    store(c + col(rows) * N + columns, to(acc, "bf16"), { mask: col(rows) < M && columns < N });
  },
  { defaults: { warps: 4, stages: 3, alignment: "required", divisible: ["a", "b", "bias", "c", "N", "K"] } },
);

/** C [M, N] += A [M, K] · B [N, K]ᵀ + bias with C in f32: the product joins the residual. */
export const matmulAdd = kernel(
  ({
    a,
    b,
    bias,
    c,
    M,
    N,
    K,
    BM,
    BN,
    BK,
    GROUP,
    BIAS,
  }: {
    a: Descriptor<"bf16", [Const<"BM">, Const<"BK">]>;
    b: Descriptor<"bf16", [Const<"BN">, Const<"BK">]>;
    bias: Ptr<"f32">;
    c: Ptr<"f32">;
    M: Int;
    N: Int;
    K: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    BK: Const<"BK">;
    GROUP: Const<"GROUP">;
    BIAS: Const<"BIAS", boolean>;
  }) => {
    const [rowTile, columnTile] = tileOf(programId(0), cdiv(M, BM), cdiv(N, BN), GROUP);
    let acc = zeros([BM, BN], "f32");
    for (const k of range(0, K, BK)) {
      acc = dot(loadTensorDescriptor(a, [rowTile * BM, k]), trans(loadTensorDescriptor(b, [columnTile * BN, k])), {
        acc,
      });
    }
    const rows = rowTile * BM + arange(0, BM);
    const columns = row(columnTile * BN + arange(0, BN));
    acc = biased(acc, bias, columns, columns < N, BIAS);
    const at = c + col(rows) * N + columns;
    const mask = col(rows) < M && columns < N;
    store(at, load(at, { mask, other: 0 }) + acc, { mask });
  },
  { defaults: { warps: 8, stages: 3, alignment: "required", divisible: ["a", "b", "bias", "c", "N", "K"] } },
);

/** out [M, F] = act(A · gateᵀ) · (A · upᵀ) in bf16, for A [M, K] and the stacked weights B = [gate; up], [2F, K]. */
export const matmulGated = kernel(
  ({
    a,
    b,
    bias,
    c,
    M,
    N,
    K,
    BM,
    BN,
    BK,
    GROUP,
    BIAS,
    ACT,
  }: {
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
    const [rowTile, columnTile] = tileOf(programId(0), cdiv(M, BM), cdiv(N, BN), GROUP);
    let gate = zeros([BM, BN], "f32");
    let up = zeros([BM, BN], "f32");
    for (const k of range(0, K, BK)) {
      const x = loadTensorDescriptor(a, [rowTile * BM, k]);
      gate = dot(x, trans(loadTensorDescriptor(b, [columnTile * BN, k])), { acc: gate });
      up = dot(x, trans(loadTensorDescriptor(b, [N + columnTile * BN, k])), { acc: up });
    }
    const rows = rowTile * BM + arange(0, BM);
    const columns = row(columnTile * BN + arange(0, BN));
    const mask = col(rows) < M && columns < N;
    gate = biased(gate, bias, columns, columns < N, BIAS);
    up = biased(up, bias, N + columns, columns < N, BIAS);
    store(c + col(rows) * N + columns, to(gated(gate, up, ACT), "bf16"), { mask });
  },
  { defaults: { warps: 4, stages: 3, alignment: "required", divisible: ["a", "b", "bias", "c", "N", "K"] } },
);
