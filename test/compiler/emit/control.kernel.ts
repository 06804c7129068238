import {
  arange,
  type Const,
  type F32,
  floorDiv,
  type Int,
  kernel,
  load,
  maximum,
  type Ptr,
  programId,
  range,
  staticRange,
  store,
  sum,
  type Tile,
  to,
  zeros,
} from "tilescript";

/** Returns from either branch. */
function clampedRoot(x: number, limit: number) {
  if (x < limit) {
    return x * 2;
  } else if (x > 100) return limit;
  return x + 1;
}

/** A tile whose size depends on the turn of the caller's loop. */
function block(start: number, turn: number, size: number) {
  const width = size * (turn + 1);
  const doubled = width * 2;
  return start + sum(arange(0, doubled), 0) + doubled;
}

function pair(first: Tile, second: Tile): [Tile, Tile] {
  return [first, second];
}

function nothing(x: number) {
  if (x > 1) return;
}

/** Constants inside loops of every kind, loops in loops, and returns in functions. */
export const loops = kernel(
  ({ p, n, s, SIZE }: { p: Ptr<"f32">; n: Int; s: F32; SIZE: Const<"SIZE"> }) => {
    let total = s;
    for (const i of staticRange(2)) {
      const width = SIZE * 2;
      const wide = width * (i + 1) - SIZE;
      const t = zeros([width], "f32") + wide;
      total += sum(t, 0);
      for (const j of staticRange(0, 2)) {
        const both = i * 2 + j;
        if (both === 3) continueWith(p, both);
        else total += both;
      }
      for (const k of range(n)) {
        const quarter = floorDiv(SIZE, 4);
        total += quarter + k;
      }
    }
    for (const k of range(0, n, SIZE)) {
      const twice = SIZE * 2;
      let inner = 0;
      while (inner < twice) {
        const step = twice - SIZE;
        inner += step;
      }
      total += inner + k;
    }
    for (const i of staticRange(3)) {
      store(p + i, block(programId(0), i % 2, 16) + clampedRoot(total, 1.5) + clampedRoot(s, 2));
    }
    nothing(total);
    // What is left out of a pair is of other types in branches and loops.
    let [, kept] = pair(total, n);
    if (n > 3) {
      const [, other] = pair(n, total);
      kept += to(other, "i32");
    }
    for (const k of range(n)) {
      const [, other] = pair(zeros([SIZE], "f32"), k);
      kept += other;
    }
    store(p + kept, maximum(total, 0));
  },
  { builds: [{ constants: { SIZE: 64 } }] },
);

function continueWith(p: Ptr<"f32">, at: number) {
  store(p + at, load(p) + at);
}
