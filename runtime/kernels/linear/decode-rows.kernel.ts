import {
  arange,
  type Const,
  cdiv,
  col,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  numPrograms,
  type Ptr,
  programId,
  range,
  row,
  rsqrt,
  staticRange,
  store,
  sum,
  type Tile,
  to,
  zeros,
} from "tilescript";
import { biased } from "../epilogue.js";
import {
  type Added,
  type AddedRows,
  cellOf,
  type GateUp,
  type Logits,
  type Normed,
  noBest,
  type Qkv,
  storeBest,
  storeGated,
  storeLogits,
  storeQkv,
} from "./decode-token.js";

/*
 * Matrix-vector products of one decode step as in decode-project.kernel.ts, for weights in bf16, which nothing has to be computed for: here
 * memory alone is the limit. x stays in registers, in one part of P0 columns or two of P0 + P1, powers of two that together hold a row. Programs
 * take R whole rows in turn. Weights are carried as they are, one turn ahead of their use, the first before the kernel waits for the one
 * ahead of it; they are read once, so that caches need not keep them.
 */

interface Parts {
  K: Int;
  R: Const<"R">;
  P0: Const<"P0">;
  P1: Const<"P1">;
  TWO: Const<"TWO", boolean>;
}

/** P columns of some rows of w [rowCount, K] from `start` on, bf16 [R, P]. */
function part(w: Ptr<"bf16">, rows: Tile, rowCount: number, K: number, start: number, P: number) {
  const column = start + row(arange(0, P));
  return load(w + col(to(rows, "i64")) * K + column, {
    mask: col(rows) < rowCount && column < K,
    other: 0,
    eviction: "evict_first",
  });
}

/** Some rows of each of COUNT matrices, one or two: all of their first parts, then of their second. */
function weights(p: Parts, matrices: readonly Ptr<"bf16">[], rows: Tile, rowCount: number, COUNT: number): Tile[] {
  const parts = Array.from({ length: 2 * COUNT }, (_, i) =>
    i < COUNT ? part(matrices[i]!, rows, rowCount, p.K, 0, p.P0) : zeros([p.R, p.P1], "bf16"),
  );
  if (p.TWO) for (const i of staticRange(COUNT)) parts[COUNT + i] = part(matrices[i]!, rows, rowCount, p.K, p.P0, p.P1);
  return parts;
}

/** P elements of x [K] from `start` on, f32 [1, P]. */
function vector(x: Ptr<"f32">, K: number, start: number, P: number) {
  const column = start + row(arange(0, P));
  return load(x + column, { mask: column < K, other: 0 });
}

/** x in its parts. */
function input(p: Parts, x: Ptr<"f32">): [Tile, Tile] {
  const x0 = vector(x, p.K, 0, p.P0);
  let x1 = zeros([1, p.P1], "f32");
  if (p.TWO) x1 = vector(x, p.K, p.P0, p.P1);
  return [x0, x1];
}

/** The RMS norm of x (arXiv 1910.07467, section 4) in its parts, by weights in their parts; x is zero from `width` on. */
function normedInput(
  p: Parts & { x: Ptr<"f32">; width: number; epsilon: number },
  [w0, w1]: [Tile, Tile],
): [Tile, Tile] {
  const [x0, x1] = input(p, p.x);
  const inverse = rsqrt((sum(sum(x0 * x0, 1), 0) + sum(sum(x1 * x1, 1), 0)) / p.width + p.epsilon);
  return [x0 * w0 * inverse, x1 * w1 * inverse];
}

/** Σ over columns: [R, P] · [1, P] → [R]. */
function products(t: Tile, x: Tile) {
  return sum(to(t, "f32") * x, 1);
}

/** Products of the rows at hand with x, by matrices; and the rows that come next, which are on their way meanwhile. */
function turn(
  p: Parts,
  matrices: readonly Ptr<"bf16">[],
  rowCount: number,
  parts: readonly Tile[],
  [x0, x1]: [Tile, Tile],
  next: Tile,
  COUNT: number,
): [Tile[], Tile[]] {
  const ahead = Array.from({ length: 2 * COUNT }, (_, i) => parts[i]!);
  for (const i of staticRange(COUNT)) ahead[i] = part(matrices[i]!, next, rowCount, p.K, 0, p.P0);
  const y = Array.from({ length: COUNT }, (_, i) => products(parts[i]!, x0));
  if (p.TWO) {
    for (const i of staticRange(COUNT)) ahead[COUNT + i] = part(matrices[i]!, next, rowCount, p.K, p.P0, p.P1);
    for (const i of staticRange(COUNT)) y[i]! += products(parts[COUNT + i]!, x1);
  }
  return [y, ahead];
}

/** `decodeQkv` for bf16. */
export const decodeQkvRows = kernel(
  (p: Normed & { bf16: Ptr<"bf16"> } & Qkv & Parts) => {
    const lane = arange(0, p.R);
    const first = programId(0) * p.R + lane;
    gdcLaunchDependents();
    let parts = weights(p, [p.bf16], first, p.rowCount, 1);
    const norm = input(p, p.norm);
    gdcWait();
    const x = normedInput(p, norm);
    const cell = cellOf(p);
    for (const tile of range(programId(0), cdiv(p.rowCount, p.R), numPrograms(0))) {
      const rows = tile * p.R + lane;
      const next = rows + numPrograms(0) * p.R;
      const [[y], ahead] = turn(p, [p.bf16], p.rowCount, parts, x, next, 1);
      parts = ahead;
      const mask = rows < p.rowCount;
      storeQkv(p, cell, rows, biased(y!, p.bias, rows, mask, p.BIAS), mask);
    }
  },
  { defaults: { warps: 8, stages: 1, pdl: true, alignment: "required", divisible: ["pointers", "K"] } },
);

/** `decodeGateUp` for bf16: R rows of the gate and the R rows of up that go with them. */
export const decodeGateUpRows = kernel(
  (p: Normed & { bf16: Ptr<"bf16"> } & GateUp & Parts) => {
    const lane = arange(0, p.R);
    const first = programId(0) * p.R + lane;
    const both = [p.bf16, p.bf16 + to(p.outRows, "i64") * p.K];
    let parts = weights(p, both, first, p.outRows, 2);
    const norm = input(p, p.norm);
    gdcWait();
    // Earlier, programs of the next kernel would take room on the way to memory that these fill.
    gdcLaunchDependents();
    const x = normedInput(p, norm);
    for (const tile of range(programId(0), cdiv(p.outRows, p.R), numPrograms(0))) {
      const rows = tile * p.R + lane;
      const next = rows + numPrograms(0) * p.R;
      const [[gate, up], ahead] = turn(p, both, p.outRows, parts, x, next, 2);
      parts = ahead;
      storeGated(p, rows, gate!, up!, rows < p.outRows);
    }
  },
  { defaults: { warps: 8, stages: 1, pdl: true, alignment: "required", divisible: ["pointers", "K"] } },
);

/** `decodeAdd` for bf16. */
export const decodeAddRows = kernel(
  (p: Added & { bf16: Ptr<"bf16"> } & AddedRows & Parts) => {
    const lane = arange(0, p.R);
    const first = programId(0) * p.R + lane;
    gdcLaunchDependents();
    let parts = weights(p, [p.bf16], first, p.rowCount, 1);
    gdcWait();
    const x = input(p, p.x);
    for (const tile of range(programId(0), cdiv(p.rowCount, p.R), numPrograms(0))) {
      const rows = tile * p.R + lane;
      const next = rows + numPrograms(0) * p.R;
      const mask = rows < p.rowCount;
      let before = zeros([p.R], "f32");
      if (p.ADD) before = load(p.out + rows, { mask, other: 0 });
      const [[y], ahead] = turn(p, [p.bf16], p.rowCount, parts, x, next, 1);
      parts = ahead;
      store(p.out + rows, before + biased(y!, p.bias, rows, mask, p.BIAS), { mask });
    }
  },
  { defaults: { warps: 8, stages: 1, pdl: true, alignment: "required", divisible: ["pointers", "K"] } },
);

/** `decodeLogits` for bf16. */
export const decodeLogitsRows = kernel(
  (p: Normed & { bf16: Ptr<"bf16"> } & Logits & Parts) => {
    const lane = arange(0, p.R);
    const first = programId(0) * p.R + lane;
    gdcLaunchDependents();
    let parts = weights(p, [p.bf16], first, p.rowCount, 1);
    const norm = input(p, p.norm);
    gdcWait();
    const x = normedInput(p, norm);
    let best = noBest(p.R);
    for (const tile of range(programId(0), cdiv(p.rowCount, p.R), numPrograms(0))) {
      const rows = tile * p.R + lane;
      const next = rows + numPrograms(0) * p.R;
      const [[y], ahead] = turn(p, [p.bf16], p.rowCount, parts, x, next, 1);
      parts = ahead;
      best = storeLogits(p, rows, y!, rows < p.rowCount, best);
    }
    storeBest(p, best);
  },
  { defaults: { warps: 8, stages: 1, pdl: true, alignment: "required", divisible: ["pointers", "K"] } },
);
