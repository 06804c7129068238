import {
  arange,
  col,
  dot,
  floorDiv,
  load,
  mod,
  type Ptr,
  range,
  reshape,
  row,
  type Tile,
  to,
  trans,
  zeros,
} from "tilescript";
import { dequantize, type Weights } from "./weights.js";

/** A product with weights that are dequantised as they are read. */
interface Product extends Weights {
  a: Ptr<"bf16">;
  M: number;
  N: number;
  BM: number;
  BN: number;
  B: number;
}

/** Some `rows` of A [M, K] in bf16 · those of W [N, K] that `columns` names, transposed, in f32: W is read once, B blocks at a time. */
export function quantizedProduct(p: Product, rows: Tile, columns: Tile): Tile {
  const blocks = arange(0, p.B);
  const lane = arange(0, 16);
  // Column of A under element i of the flattened low halves: halves of 16 lie 32 apart.
  const flat = arange(0, p.B * 16);
  const k = floorDiv(flat, 16) * 32 + mod(flat, 16);
  let acc = zeros([p.BM, p.BN], "f32");
  for (const start of range(0, p.blockCount, p.B)) {
    const [low, high] = dequantize(p, columns, start + blocks, lane, p.N);
    const at = start * 32 + k;
    const mask = col(rows) < p.M && row(at) < p.blockCount * 32;
    const source = p.a + col(rows) * p.blockCount * 32 + row(at);
    const aLow = load(source, { mask, other: 0 });
    const aHigh = load(source + 16, { mask, other: 0 });
    acc = dot(aLow, trans(reshape(to(low, "bf16"), [p.BN, p.B * 16])), { acc });
    acc = dot(aHigh, trans(reshape(to(high, "bf16"), [p.BN, p.B * 16])), { acc });
  }
  return acc;
}
