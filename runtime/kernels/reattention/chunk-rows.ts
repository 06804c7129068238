import {
  arange,
  type Const,
  cdiv,
  col,
  type Descriptor,
  floorDiv,
  type Int,
  load,
  loadTensorDescriptor,
  minimum,
  mod,
  type Ptr,
  reshape,
  row,
  type Tile,
} from "tilescript";

/*
 * Chunks of queries come together, chunk c after all before it. In each, a KV head's rows (query · G + head of the group) are taken in tiles of BM, one KV
 * head's after another's. `before` is the length of the middle before the first query; each chunk's middle ends `local` tokens before its last query.
 */

/** Parameters of kernels that go through chunks by tiles of rows. */
export interface Chunks {
  queries: Int;
  /** Queries of a chunk; the last chunk may have fewer. */
  chunk: Int;
  qRow: Int;
  global: Int;
  /** Length of the middle before the first query. */
  before: Int;
  G: Const<"G">;
  BM: Const<"BM">;
  D: Const<"D">;
  DP: Const<"DP">;
}

/** The first query of a chunk and the one behind its last, the rows of a KV head, and of the `number`-th tile the KV head and its first row. */
export function tileOf(p: Chunks, chunk: number, number: number): [number, number, number, number, number] {
  const first = chunk * p.chunk;
  const last = minimum(first + p.chunk, p.queries);
  const tiles = cdiv(p.chunk * p.G, p.BM);
  return [first, last, (last - first) * p.G, floorDiv(number, tiles), mod(number, tiles) * p.BM];
}

/** The queries of a tile's rows `member` [BM, DP], 0 where a chunk that is not full has none. */
export function queriesOf<T extends "f16" | "bf16">(
  p: Chunks & { q: Ptr<T> },
  first: number,
  kvHead: number,
  member: Tile,
  rows: number,
) {
  const column = row(arange(0, p.DP));
  const at = col((first + floorDiv(member, p.G)) * p.qRow + (kvHead * p.G + mod(member, p.G)) * p.D) + column;
  return load(p.q + at, { mask: col(member) < rows && column < p.D, other: 0 });
}

/** The BN keys of a KV head from the middle's `from`-th on [BN, DP]. */
export function keysAt<T extends "f16" | "bf16">(
  p: { keys: Descriptor<T, [Const<"BN">, 1, Const<"DP">]>; global: number; BN: number; DP: number },
  kvHead: number,
  from: number,
) {
  return reshape(loadTensorDescriptor(p.keys, [p.global + from, kvHead, 0]), [p.BN, p.DP]);
}
