// Arithmetic that rounds in one direction, of a generic float.
import {
  abs,
  addRd,
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
  mulRu,
  mulRz,
  nextafter,
  type Ptr,
  sqrtRd,
  sqrtRu,
  sqrtRz,
  store,
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
  },
  { builds: [{ dtypes: { T: "f32" } }, { dtypes: { T: "f64" } }] },
);
