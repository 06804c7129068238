/* Constants that decide more than sizes: as corners.kernel.ts, and constants.ts says what is right. */
import {
  arange,
  atomicAdd,
  type Const,
  col,
  cumsum,
  debugBarrier,
  dot,
  exp2,
  type F32,
  flip,
  type Int,
  kernel,
  load,
  type Ptr,
  range,
  reshape,
  row,
  sqrt,
  staticRange,
  store,
  sum,
  type Tile,
  to,
  umulhi,
  zeros,
} from "tilescript";

type Out = Ptr<"f64">;
const AT = 4;

const square = (x: Ptr<"f32">): Tile => load(x + col(arange(0, AT)) * AT + row(arange(0, AT)));
const along = (x: Tile, axis: number, keepDims: boolean): Tile => reshape(sum(x, axis, { keepDims }), [AT]);

/** An axis, and whether it stays, by constants: written here, in a function, and in a local function. x = 0 … 15. */
export const axes = kernel(
  (p: { x: Ptr<"f32">; out: Out; AXIS: Const<"AXIS">; KEEP: Const<"KEEP", boolean>; n: Int }) => {
    if (p.n < 0) return;
    const x = square(p.x);
    const other = 1 - p.AXIS;
    const local = (scale: number): Tile => sum(x * scale, other);
    const i = arange(0, AT);
    store(p.out + i, to(along(x, p.AXIS, p.KEEP), "f64"));
    store(p.out + AT + i, to(local(2), "f64"));
    for (const turn of range(2))
      store(p.out + 2 * AT + turn, to(sum(sum(flip(x, other) * (turn + 1), other), 0), "f64"));
    store(p.out + 3 * AT + i, to(sum(cumsum(x, p.AXIS, { reverse: p.KEEP }) * i, 1), "f64"));
  },
  {
    builds: [{ constants: { AXIS: 0, KEEP: false } }, { constants: { AXIS: 1, KEEP: true } }],
  },
);

/** Options of memory, of products and of conversions by constants. x = 0 … 255. */
export const options = kernel(
  ({
    x,
    out,
    CACHE,
    SEM,
    PRECISION,
    ROUNDING,
    LAST,
  }: {
    x: Ptr<"f32">;
    out: Out;
    CACHE: Const<"CACHE", "ca" | "cg">;
    SEM: Const<"SEM", "relaxed" | "acq_rel">;
    PRECISION: Const<"PRECISION", "ieee" | "tf32">;
    ROUNDING: Const<"ROUNDING", "rtne" | "rtz">;
    LAST: Const<"LAST", boolean>;
  }) => {
    const i = arange(0, 16);
    const at = col(i) * 16 + row(i);
    const tile = load(x + at, { cache: CACHE });
    const other = load(x + at, { eviction: LAST ? "evict_last" : "evict_first" });
    store(out + at, to(dot(tile, other, { inputPrecision: PRECISION }), "f64"), { cache: LAST ? "cs" : "wb" });
    // Other threads may add than those that stored.
    debugBarrier();
    atomicAdd(out + at, 0.5, { sem: SEM, scope: LAST ? "gpu" : "sys" });
    store(out + 256 + i, to(to(load(x + i) + 2049, "f16", { rounding: ROUNDING }), "f64"));
  },
  {
    builds: [
      { constants: { CACHE: "ca", SEM: "relaxed", PRECISION: "ieee", ROUNDING: "rtne", LAST: true } },
      { constants: { CACHE: "cg", SEM: "acq_rel", PRECISION: "tf32", ROUNDING: "rtz", LAST: false } },
    ],
  },
);

/** What a text decides. x = 0 … 15. */
export const byText = kernel(
  ({ x, out, OF, n }: { x: Ptr<"f32">; out: Out; OF: Const<"OF", "rows" | "columns">; n: Int }) => {
    const axis = OF === "rows" ? 1 : 0;
    const turned = 1 - axis;
    const summed = (scale: number): Tile => sum(square(x) * scale, turned);
    const i = arange(0, AT);
    store(out + i, to(sum(square(x), axis), "f64"));
    for (const _ of range(n)) store(out + AT + i, to(summed(3), "f64"));
  },
  { builds: [{ constants: { OF: "rows" } }, { constants: { OF: "columns" } }] },
);

const through = (x: Tile, dtype: "f16" | "bf16" | "i32"): Tile => to(to(x, dtype), "f64");

function doubled(x: Tile, dtype: "f16" | "bf16" | "i32"): Tile {
  if (dtype === "i32") return umulhi(x, 1);
  return to(exp2(to(x, "f32") * 0) * 2, dtype);
}

/** Dtypes by a constant, and numbers that are not whole. x = 0 … 7. */
export const dtypes = kernel(
  (p: { x: Ptr<"f32">; out: Out; D: Const<"D", "f16" | "bf16" | "i32">; STEP: Const<"STEP", F32> }) => {
    const i = arange(0, 8);
    const acc = zeros([8], p.D) + to(load(p.x + i) * p.STEP + 256.5, p.D);
    store(p.out + i, to(acc, "f64"));
    store(p.out + 8 + i, through(load(p.x + i) * p.STEP + 0.7, p.D));
    // Of an integer there is no root, and of a float no upper half.
    const last = p.D === "i32" ? umulhi(acc, to(1 << 30, p.D)) : doubled(acc, p.D);
    if (p.D !== "i32") store(p.out + 16 + i, to(sqrt(to(load(p.x + i), p.D)), "f64"));
    store(p.out + 24 + i, to(last, "f64"));
  },
  {
    builds: [
      { constants: { D: "f16", STEP: 0.3 } },
      { constants: { D: "bf16", STEP: 0.3 } },
      { constants: { D: "i32", STEP: -1.5 } },
    ],
  },
);

const total = (x: Tile, axis: number): Tile => sum(x, axis);
const KINDS = ["bf16", "f16"] as const;

/** The variable of an unrolled loop as an axis, a size, an index and a shift, here and in a function. x = 0 … 15. */
export const unrolledTurns = kernel(
  ({ x, out, TURNS }: { x: Ptr<"f32">; out: Out; TURNS: Const<"TURNS"> }) => {
    const tile = square(x);
    const i = arange(0, AT);
    for (const a of staticRange(TURNS)) {
      store(out + a * AT + i, to(sum(tile, a), "f64"));
      store(out + (a + 2) * AT + i, to(total(tile * 2, 1 - a), "f64"));
      store(out + 16 + a, sum(to(to(load(x + arange(0, 4 << a)) + 0.001953125, KINDS[a]!), "f64"), 0));
    }
  },
  { builds: [{ constants: { TURNS: 2 } }] },
);
