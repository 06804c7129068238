// Arithmetic that rounds in one direction, of a generic float.
import {
  abs,
  addRd,
  addRn,
  addRu,
  addRz,
  arange,
  divRd,
  divRu,
  divRz,
  fmaRd,
  fmaRu,
  fmaRz,
  kernel,
  load,
  mulRd,
  mulRn,
  mulRu,
  mulRz,
  nextafter,
  type Ptr,
  rcpRd,
  rcpRn,
  rcpRu,
  rcpRz,
  rsqrtRn,
  sqrtRd,
  sqrtRu,
  sqrtRz,
  store,
  subRd,
  subRn,
  subRu,
  subRz,
  to,
} from "tilescript";

/** Down, up and to zero of each operation on 16 numbers each, and what comes after a on the way to b; in f64. */
export const directions = kernel(
  <T extends "f32" | "f64">(p: { a: Ptr<T>; b: Ptr<T>; c: Ptr<T>; out: Ptr<"f64"> }) => {
    const i = arange(0, 16);
    const a = load(p.a + i);
    const b = load(p.b + i);
    const c = load(p.c + i);
    store(p.out + i, to(addRd(a, c), "f64"));
    store(p.out + 16 + i, to(addRu(a, c), "f64"));
    store(p.out + 32 + i, to(addRz(a, c), "f64"));
    store(p.out + 48 + i, to(mulRd(a, b), "f64"));
    store(p.out + 64 + i, to(mulRu(a, b), "f64"));
    store(p.out + 80 + i, to(mulRz(a, b), "f64"));
    store(p.out + 96 + i, to(divRd(a, b), "f64"));
    store(p.out + 112 + i, to(divRu(a, b), "f64"));
    store(p.out + 128 + i, to(divRz(a, b), "f64"));
    store(p.out + 144 + i, to(fmaRd(a, b, c), "f64"));
    store(p.out + 160 + i, to(fmaRu(a, b, c), "f64"));
    store(p.out + 176 + i, to(fmaRz(a, b, c), "f64"));
    store(p.out + 192 + i, to(sqrtRd(abs(b)), "f64"));
    store(p.out + 208 + i, to(sqrtRu(abs(b)), "f64"));
    store(p.out + 224 + i, to(sqrtRz(abs(b)), "f64"));
    store(p.out + 240 + i, to(nextafter(a, b), "f64"));
    store(p.out + 256 + i, to(subRd(a, c), "f64"));
    store(p.out + 272 + i, to(subRu(a, c), "f64"));
    store(p.out + 288 + i, to(subRz(a, c), "f64"));
    store(p.out + 304 + i, to(rcpRd(b), "f64"));
    store(p.out + 320 + i, to(rcpRu(b), "f64"));
    store(p.out + 336 + i, to(rcpRz(b), "f64"));
    // What would be rounded once by itself.
    store(p.out + 352 + i, to(addRn(mulRn(a, b), c), "f64"));
    store(p.out + 368 + i, to(subRn(mulRn(a, b), c), "f64"));
    store(p.out + 384 + i, to(rcpRn(b), "f64"));
  },
  { builds: [{ dtypes: { T: "f32" } }, { dtypes: { T: "f64" } }] },
);

/** 1 / √x of 16 numbers. */
export const inverseRoots = kernel((p: { x: Ptr<"f32">; out: Ptr<"f64"> }) => {
  const i = arange(0, 16);
  store(p.out + i, to(rsqrtRn(load(p.x + i)), "f64"));
});
