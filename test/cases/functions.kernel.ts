/* Functions and objects as values while a kernel is compiled: each kernel writes what it gets as f64, and functions.ts says what is right. */
import {
  abs,
  arange,
  type Const,
  type F32,
  full,
  type Int,
  kernel,
  load,
  maximum,
  type Ptr,
  staticRange,
  store,
  sum,
  type Tile,
  to,
  where,
} from "tilescript";

type Out = Ptr<"f64">;
type Vector = Tile<[16], "f32">;
type Activation = (x: Vector) => Vector;

const relu: Activation = (x) => maximum(x, 0);
function leaky(x: Vector): Vector {
  return where(x < 0, x * 0.5, x);
}
const apply = (f: Activation, x: Vector): Vector => f(x);
const twice = (f: Activation, x: Vector): Vector =>
  apply(
    f,
    apply((y) => f(y), x),
  );
const LAYERS = { first: { activation: leaky, scale: 2 }, second: { activation: (x: Vector) => x + 1, scale: 3 } };

/** A function in place, one with a name, one of the language, one that is passed on, and one that reads what is around it. x = −8 … 7. */
export const functionsPassed = kernel((p: { x: Ptr<"f32">; s: F32; out: Out }) => {
  const i = arange(0, 16);
  const x = load(p.x + i);
  store(p.out + i, to(apply(relu, x), "f64"));
  store(
    p.out + 16 + i,
    to(
      apply((v) => v * p.s + 1, x),
      "f64",
    ),
  );
  store(p.out + 32 + i, to(apply(abs, x), "f64"));
  store(p.out + 48 + i, to(twice(leaky, x), "f64"));
});

/** A constant chooses, by its value and as a member of a constant. x = −8 … 7. */
export const functionsChosen = kernel(
  (p: { x: Ptr<"f32">; LEAKY: Const<"LEAKY", boolean>; out: Out }) => {
    const i = arange(0, 16);
    const x = load(p.x + i);
    const f = p.LEAKY ? leaky : relu;
    store(p.out + i, to(f(x), "f64"));
    store(p.out + 16 + i, to(twice(f, x), "f64"));
    const write = (place: number, value: Tile): void => store(p.out + place + i, to(value, "f64"));
    const skip = (_place: number, _value: Tile): void => {};
    (p.LEAKY ? write : skip)(32, x);
    for (const { activation, scale } of [LAYERS.first, LAYERS.second])
      store(p.out + scale * 16 + 16 + i, to(activation(x) * scale, "f64"));
  },
  { builds: [{ constants: { LEAKY: true } }, { constants: { LEAKY: false } }] },
);

interface Source {
  readonly x: Ptr<"f32">;
  readonly n: Int;
  readonly B: Const<"B">;
}

function total({ x, n, B }: Source): number {
  const i = arange(0, B);
  return sum(load(x + i, { mask: i < n, other: 0 }));
}
const totalOf = (q: Source & { scale: number; then?: (x: number) => number }): number => {
  const scaled = total(q) * q.scale;
  return q.then ? q.then(scaled) : scaled;
};
const spread = (q: Source): number => total({ ...q, n: q.n - 1 });

/** The parameters of a kernel, parts of them, and more than them. x = 1 … 16. */
export const objectsPassed = kernel(
  (p: { x: Ptr<"f32">; n: Int; B: Const<"B">; out: Out }) => {
    store(p.out, to(total(p), "f64"));
    store(p.out + 1, to(totalOf({ ...p, scale: 2 }), "f64"));
    store(p.out + 2, to(totalOf({ x: p.x + 1, n: p.n - 1, B: 4, scale: 1, then: (v) => v + p.n }), "f64"));
    store(p.out + 3, to(spread(p), "f64"));
    const part = { ...p, n: 2, each: relu };
    store(p.out + 4, to(total(part) + sum(part.each(full([16], -1, "f32"))), "f64"));
  },
  { builds: [{ constants: { B: 16 } }] },
);

interface Choice {
  readonly x: Ptr<"f32">;
  readonly MODE: Const<"MODE", string>;
  readonly LEAKY: Const<"LEAKY", boolean>;
}
const chosenBy = ({ way }: { way: Choice }, at: Tile): Vector => {
  const x = load(way.x + at);
  if (way.MODE === "twice") return x * 2;
  return way.LEAKY ? leaky(x) : x;
};
const handedOn = (q: Choice, at: Tile): Vector => chosenBy({ way: { x: q.x, MODE: q.MODE, LEAKY: q.LEAKY } }, at);

/** Texts and flags of a build in objects that are made of destructured parameters, and passed on in others. x = −8 … 7. */
export const constantsInObjects = kernel(
  ({ x, MODE, LEAKY, out }: Choice & { readonly out: Out }) => {
    const i = arange(0, 16);
    store(out + i, to(handedOn({ x, MODE, LEAKY }, i), "f64"));
  },
  { builds: [{ constants: { MODE: "twice", LEAKY: true } }, { constants: { MODE: "once", LEAKY: true } }] },
);

/** A function in an unrolled loop sees the turn's number. */
export const functionInTurns = kernel((p: { out: Out }) => {
  const WEIGHTS = [3, 5, 7];
  const at = (f: (x: number) => number): number => f(10);
  for (const k of staticRange(3))
    store(
      p.out + k,
      to(
        at((x) => x * WEIGHTS[k]! + k),
        "f64",
      ),
    );
});

const between = (low: Tile, high: Tile, way: (low: Tile, high: Tile) => Tile): Tile => way(low, high);

/** As in TypeScript, a function may take fewer arguments than whoever calls it gives it. x = −8 … 7. */
export const fewerTaken = kernel((p: { x: Ptr<"f32">; out: Out }) => {
  const i = arange(0, 16);
  const x = load(p.x + i);
  store(p.out + i, to(between(x, x * 2, (low) => low - 1) + between(x, x, () => full([16], 3, "f32")), "f64"));
});
