/* Lists of tiles whose elements are assigned: as corners.kernel.ts, and lists.ts says what is right. */
import {
  arange,
  type Const,
  col,
  dot,
  type Int,
  kernel,
  load,
  type Ptr,
  range,
  row,
  type Scalar,
  staticRange,
  store,
  type Tile,
  to,
  zeros,
} from "tilescript";

type Out = Ptr<"f64">;

/** N products of 16 × 16 beside each other, over K in a loop that runs. x = 0 … 255 mod 7, K = 48. */
export const accumulators = kernel(
  ({ x, out, K, N }: { x: Ptr<"f16">; out: Out; K: Int; N: Const<"N"> }) => {
    const i = arange(0, 16);
    const acc = Array.from({ length: N }, (_, n) => zeros([16, 16], "f32") + n);
    for (const k of range(0, K, 16)) {
      const left = load(x + col(i) * 48 + row(k + i));
      for (const n of staticRange(N)) {
        const right = load(x + col(k + i) * 16 * N + row(i + n * 16));
        acc[n] = dot(left, right, { acc: acc[n]! });
      }
    }
    for (const n of staticRange(acc.length)) store(out + n * 256 + col(i) * 16 + row(i), to(acc[n]!, "f64"));
  },
  { builds: [{ constants: { N: 2 } }, { constants: { N: 3 } }] },
);

type Pair = [Scalar<"f32">, Scalar<"f32">, Scalar<"f32">];

/** Three numbers, changed here, that the caller's list does not see. */
function stepped(given: Pair, by: number): Pair {
  const own: Pair = [...given];
  for (const i of staticRange(3)) own[i]! += by * (i + 1);
  return own;
}

function total(list: Pair, turns: Int): number {
  const sums = [0.0, ...list];
  for (const _ of range(turns)) {
    if (sums[0]! < 100) sums[0]! += sums[1]! + sums[2]! + sums[3]!;
    else sums[0] = 0;
  }
  return sums[0]!;
}

/** Elements that are swapped, copied, taken apart and counted; a list that is given on and one that comes back. x = 1, 2, 3; n = 4. */
export const listElements = kernel(({ x, out, n }: { x: Ptr<"f32">; out: Out; n: Int }) => {
  let list: Pair = [load(x), load(x + 1), load(x + 2)];
  const alias = list;
  const [first] = list;
  const old = list[1];
  [list[0], list[1]] = [list[1], list[0]];
  list[2] *= 10;
  list[2]++;
  const after = stepped(list, 100);
  for (const i of staticRange(3)) store(out + i, to(list[i]!, "f64"));
  for (const i of staticRange(3)) store(out + 3 + i, to(after[i]!, "f64"));
  store(out + 6, to(first + old * 10 + alias[0] * 100, "f64"));
  list = stepped(list, 1000);
  if (n > 3) list[1] = -list[1];
  for (const i of staticRange(list.length)) store(out + 7 + i, to(list[i]!, "f64"));
  store(out + 10, to(total(after, n), "f64"));
  const tiles: Tile[] = [zeros([4], "i32"), arange(0, 4)];
  for (const _ of range(n)) tiles[0] = tiles[0]! + tiles[1]!;
  store(out + 11 + arange(0, 4), to(tiles[0]!, "f64"));
});

/** Lists and objects that `?:` chooses between: of values, of variables, into a list, inside a choice. x = 1, 2, 3; n = 4. */
export const chosenLists = kernel(({ x, out, n }: { x: Ptr<"f32">; out: Out; n: Int }) => {
  const [first, count] = n > 3 ? [load(x), n] : [load(x + 1), 7];
  store(out, to(first, "f64"));
  store(out + 1, to(count, "f64"));
  const { a, b } = n < 3 ? { a: load(x), b: n } : { b: 9, a: load(x + 2) };
  store(out + 2, to(a, "f64"));
  store(out + 3, to(b, "f64"));
  const one = [load(x), load(x + 1)];
  let other = [load(x + 2), load(x)];
  for (const turn of range(n)) {
    other = turn % 2 === 0 ? (other[0]! > 2 ? one : other) : [other[1]!, other[0]! + 10];
  }
  store(out + 4, to(other[0]!, "f64"));
  store(out + 5, to(other[1]!, "f64"));
});

const doubled = (list: readonly Scalar<"f32">[]) => [list[0]! * 2, list[1]! * 2, list[2]! * 2] as const;

/** Lists that are made by a function of the index and not changed: read, taken apart, given on, copied, chosen again. x = 1, 2, 3; n = 4. */
export const madeLists = kernel(({ x, out, n }: { x: Ptr<"f32">; out: Out; n: Int }) => {
  const parts = Array.from({ length: 3 }, (_, i) => load(x + i));
  let weighed = parts[0]!;
  for (const i of staticRange(1, parts.length)) weighed += parts[i]! * i * 10;
  store(out, to(weighed, "f64"));
  const [first, , third] = parts;
  store(out + 1, to(first! + third!, "f64"));
  store(out + 2, to(doubled(parts)[2], "f64"));
  const copy = [...parts];
  copy[1]! += 5;
  store(out + 3, to(copy[1]! * 10 + parts[1]!, "f64"));
  let list = Array.from({ length: 2 }, (_, i) => load(x + i) + n);
  if (n > 2) list = [list[1]!, list[0]!];
  store(out + 4, to(list[0]!, "f64"));
  const known = Array.from({ length: 4 }, (_, i) => i * i);
  store(out + 5, to(known[3]!, "f64"));
});
