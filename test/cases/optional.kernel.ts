/* Parameters that a launch may leave out: as corners.kernel.ts, and optional.ts says what is right. */
import {
  arange,
  type Const,
  type F32,
  type Int,
  kernel,
  load,
  type Ptr,
  store,
  sum,
  type Tile,
  to,
  where,
} from "tilescript";

type Out = Ptr<"f64">;

/** A function of a tile whose bias a call may leave out. */
function biased(x: Tile, at: Tile, bias?: Ptr<"f32">): Tile {
  return bias === undefined ? x : x + load(bias + at);
}

/** scale is 1 where it is left out. */
const scaled = (x: Tile, scale = 1): Tile => x * scale;

const withDefault = ({ x, by }: { x: Tile; by?: F32 | undefined }): Tile => (by === undefined ? x - 1 : x / by);

/** Every way to ask for a parameter. x = 1 … 16. */
export const optionalParameters = kernel(
  (p: { x: Ptr<"f32">; out: Out; bias?: Ptr<"f32">; weight?: Ptr<"f16">; scale?: F32; n?: Int; B: Const<"B"> }) => {
    const at = arange(0, p.B);
    const x = load(p.x + at);
    let sum = x;
    if (p.bias !== undefined) sum += load(p.bias + at);
    store(p.out + at, to(sum, "f64"));
    if (p.weight) sum *= to(load(p.weight + at), "f32");
    else sum = -sum;
    store(p.out + p.B + at, to(sum, "f64"));
    const most = p.n ?? 5;
    store(p.out + 2 * p.B + at, to(where(at < most, x, 0), "f64"));
    store(p.out + 3 * p.B + at, to(p.scale === undefined ? x : x * p.scale, "f64"));
    const both = p.bias && p.weight ? load(p.bias + at) * to(load(p.weight + at), "f32") : x;
    store(p.out + 4 * p.B + at, to(both, "f64"));
    const large = p.scale !== undefined && p.scale > 2;
    store(p.out + 5 * p.B + at, to(where(large, x, 0), "f64"));
    const some = !p.bias || load(p.bias) < 0;
    store(p.out + 6 * p.B + at, to(where(some, x, 1), "f64"));
  },
  { builds: [{ constants: { B: 16 } }] },
);

/** They are passed to functions, which are made for launches that give them and for others. */
export const optionalPassed = kernel((rest: { x: Ptr<"f32">; out: Out; bias?: Ptr<"f32">; scale?: F32 }) => {
  const { x, out } = rest;
  const at = arange(0, 16);
  const tile = load(x + at);
  store(out + at, to(biased(tile, at, rest.bias), "f64"));
  store(out + 16 + at, to(scaled(tile, rest.scale), "f64"));
  store(out + 32 + at, to(withDefault({ x: tile, by: rest.scale }), "f64"));
});

/** Nothing is read of a parameter behind the return of those who leave it out. */
export const optionalReturn = kernel(({ x, out, more }: { x: Ptr<"f32">; out: Out; more?: Ptr<"f32"> }) => {
  const at = arange(0, 16);
  store(out + at, to(load(x + at), "f64"));
  const other = more;
  if (other === undefined) return;
  const add = (value: Tile): Tile => value + load(other + at);
  store(out, to(sum(add(load(x + at)), 0), "f64"));
});

/** Conditions that only the running program knows, beside what a launch gives. n = 3. */
export const optionalConditions = kernel(
  ({ x, out, n, more, by }: { x: Ptr<"f32">; out: Out; n: Int; more?: Ptr<"f32">; by?: Int }) => {
    const at = arange(0, 16);
    const tile = load(x + at);
    if (more !== undefined && n > 2) store(out + at, to(tile + load(more + at), "f64"));
    if (n > 2 && more) store(out + 16 + at, to(load(more + at), "f64"));
    if (n > 2 && by !== undefined && load(x + by) > 2) store(out + 32 + at, to(tile * by, "f64"));
    if (by === undefined || load(x + by) < 0) store(out + 48 + at, to(tile, "f64"));
    const mask = at < 4 && more !== undefined;
    store(out + 64 + at, to(where(mask, tile, 0), "f64"));
    const from = more ?? x;
    store(out + 80 + at, to(load(from + at), "f64"));
    store(out + 96 + arange(0, by === undefined ? 8 : 16), 1);
  },
);

/** Defaults of parameters that are left out. */
export const optionalDefaults = kernel(({ out, n = 5, s = 0.5 }: { out: Out; n?: Int; s?: F32 }) => {
  store(out, to(n, "f64"));
  store(out + 1, to(s, "f64"));
});
