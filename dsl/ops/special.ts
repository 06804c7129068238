import type { FloatType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Forgotten, Mask, Shape, Tile } from "../types.js";

// The special functions of CUDA's libdevice, and others of its names. f16 and bf16 are computed in f32 and rounded back. The CPU executor computes
// in f64, to a few units in the last place of it: of j0, j1, jn, y0, y1, yn, and of lgamma below 0, of what is added where they cross 0.

/**
 * cos(πx), exact where it is 0 or ±1. Triton: `libdevice.cospi`.
 *
 * @example const c = cospi(2 * phase);
 */
export function cospi<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("cospi", x);
}

/**
 * sin(πx), exact where it is 0 or ±1. Triton: `libdevice.sinpi`.
 *
 * @example const s = sinpi(2 * phase);
 */
export function sinpi<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("sinpi", x);
}

/**
 * e^(x²) · erfc(x), which stays a number where erfc is 0. Triton: `libdevice.erfcx`.
 *
 * @example const ratio = 1 / (erfcx(x) * 0.886226925);
 */
export function erfcx<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("erfcx", x);
}

/**
 * The inverse of erf; NaN outside of −1 to 1. Triton: `libdevice.erfinv`.
 *
 * @example const z = 1.41421356 * erfinv(2 * u - 1);
 */
export function erfinv<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("erfinv", x);
}

/**
 * The inverse of erfc; NaN outside of 0 to 2. Triton: `libdevice.erfcinv`.
 *
 * @example const z = erfcinv(tail);
 */
export function erfcinv<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("erfcinv", x);
}

/**
 * The normal distribution's share below x: erfc(−x / √2) / 2. Triton: `libdevice.normcdf`.
 *
 * @example const gelu = x * normcdf(x);
 */
export function normcdf<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("normcdf", x);
}

/**
 * The inverse of normcdf; NaN outside of 0 to 1. Triton: `libdevice.normcdfinv`.
 *
 * @example const draw = normcdfinv(u);
 */
export function normcdfinv<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("normcdfinv", x);
}

/**
 * The logarithm of |Γ(x)|; ∞ at 0, −1, −2 …. Triton: `libdevice.lgamma`.
 *
 * @example const logOfChoices = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
 */
export function lgamma<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("lgamma", x);
}

/**
 * Γ(x); NaN at −1, −2 …. Triton: `libdevice.tgamma`.
 *
 * @example const volume = exp(n * 0.5 * log(3.14159265)) / tgamma(n * 0.5 + 1);
 */
export function tgamma<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("tgamma", x);
}

/**
 * The Bessel function of the first kind of order 0. Triton: `libdevice.j0`.
 *
 * @example const ring = j0(k * r);
 */
export function j0<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("j0", x);
}

/**
 * The Bessel function of the first kind of order 1. Triton: `libdevice.j1`.
 *
 * @example const airy = 2 * j1(x) / x;
 */
export function j1<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("j1", x);
}

/**
 * The Bessel function of the second kind of order 0; −∞ at 0, NaN below. Triton: `libdevice.y0`.
 *
 * @example const outgoing = y0(k * r);
 */
export function y0<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("y0", x);
}

/**
 * The Bessel function of the second kind of order 1; −∞ at 0, NaN below. Triton: `libdevice.y1`.
 *
 * @example const slope = -y1(k * r) * k;
 */
export function y1<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("y1", x);
}

/**
 * The Bessel function of the first kind of order n, an integer for each element; NaN where n < 0. GPUs: to 2.2e-6 for orders to 128 in f32, 1.2e-12 in
 * f64. Triton: `libdevice.jn`.
 *
 * @example const side = jn(order, depth);
 */
export function jn(n: number, x: number): number {
  return outsideKernel("jn", n, x);
}

/**
 * The Bessel function of the second kind of order n, an integer for each element; −∞ at 0, NaN below and where n < 0. GPUs: in f32 to `2 + 2.5 n`
 * units in the last place where x < n, else to 2.2e-6; in f64 to 1.2e-12 where x > 1.5 n. Triton: `libdevice.yn`.
 *
 * @example const outward = yn(order, k * r);
 */
export function yn(n: number, x: number): number {
  return outsideKernel("yn", n, x);
}

/**
 * The modified Bessel function of the first kind of order 0. Triton: `libdevice.cyl_bessel_i0`.
 *
 * @example const kaiser = cylBesselI0(beta * sqrt(1 - x * x)) / cylBesselI0(beta);
 */
export function cylBesselI0<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("cylBesselI0", x);
}

/**
 * The modified Bessel function of the first kind of order 1. Triton: `libdevice.cyl_bessel_i1`.
 *
 * @example const mean = cylBesselI1(kappa) / cylBesselI0(kappa);
 */
export function cylBesselI1<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("cylBesselI1", x);
}

/**
 * The exponent of x as a number: the whole part of log₂|x|. Triton: `libdevice.logb`.
 *
 * @example const scale = exp2(-logb(peak));
 */
export function logb<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("logb", x);
}

/**
 * The exponent of x as an i32: that of 2 ≤ |x| < 4 is 1. The least i32 of 0 and NaN, the greatest of ±∞. Triton: `libdevice.ilogb`.
 *
 * @example const exponent = ilogb(x);
 */
export function ilogb<S extends Shape = Forgotten>(x: Tile<S, FloatType>): Tile<S, "i32"> {
  return outsideKernel("ilogb", x);
}

/**
 * x · 2ⁿ, rounded once, of an integer n for each element, whatever 2ⁿ is by itself. Triton: `libdevice.ldexp`.
 *
 * @example const scaled = ldexp(x, -ilogb(x));
 */
export function ldexp(x: number, n: number): number {
  return outsideKernel("ldexp", x, n);
}

/**
 * True where the sign of x is set, also of −0 and of a NaN. Triton: `libdevice.signbit`.
 *
 * @example const size = where(signbit(x), -x, x);
 */
export function signbit<S extends Shape = Forgotten>(x: Tile<S, FloatType>): Mask<S> {
  return outsideKernel("signbit", x);
}

/**
 * 1 / cbrt(x). Triton: `libdevice.rcbrt`.
 *
 * @example const edge = rcbrt(density);
 */
export function rcbrt<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("rcbrt", x);
}

/**
 * a − b where a is greater, else 0. Triton: `libdevice.fdim`.
 *
 * @example const above = fdim(x, threshold);
 */
export function fdim(a: number, b: number): number {
  return outsideKernel("fdim", a, b);
}

/**
 * a − n · b, where n is the whole number nearest to a / b, of two the even one: exact, from −b / 2 to b / 2. Triton: `libdevice.remainder`.
 *
 * @example const wrapped = remainder(angle, 6.2831853);
 */
export function remainder(a: number, b: number): number {
  return outsideKernel("remainder", a, b);
}

/**
 * 1 / √(a² + b²), also where the squares would overflow. Triton: `libdevice.rhypot`.
 *
 * @example const unit = x * rhypot(x, y);
 */
export function rhypot(a: number, b: number): number {
  return outsideKernel("rhypot", a, b);
}

/**
 * √(a² + b² + c²), also where the squares would overflow. Triton: `libdevice.norm3d`.
 *
 * @example const length = norm3d(x, y, z);
 */
export function norm3d(a: number, b: number, c: number): number {
  return outsideKernel("norm3d", a, b, c);
}

/**
 * 1 / √(a² + b² + c²). Triton: `libdevice.rnorm3d`.
 *
 * @example const unit = x * rnorm3d(x, y, z);
 */
export function rnorm3d(a: number, b: number, c: number): number {
  return outsideKernel("rnorm3d", a, b, c);
}

/**
 * √(a² + b² + c² + d²), also where the squares would overflow. Triton: `libdevice.norm4d`.
 *
 * @example const length = norm4d(w, x, y, z);
 */
export function norm4d(a: number, b: number, c: number, d: number): number {
  return outsideKernel("norm4d", a, b, c, d);
}

/**
 * 1 / √(a² + b² + c² + d²). Triton: `libdevice.rnorm4d`.
 *
 * @example const unit = w * rnorm4d(w, x, y, z);
 */
export function rnorm4d(a: number, b: number, c: number, d: number): number {
  return outsideKernel("rnorm4d", a, b, c, d);
}
