import type { IntType } from "../dtypes.js";
import { maximum, umulhi } from "../ops/arithmetic.js";
import { staticRange } from "../ops/control.js";
import { bitcast, to } from "../ops/convert.js";
import { cos, log, sin, sqrt } from "../ops/math.js";
import { where } from "../ops/select.js";
import type { Forgotten, Scalar, Shape, Tile } from "../types.js";

// Random numbers by counting (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, 2011): a seed and an offset give the same numbers in
// every launch and on every device, bit for bit those of Triton's functions of these names. Offsets are to differ wherever numbers should, such
// as the places in memory that they are for. `nRounds` of Philox, known when the kernel is built, are 10 unless fewer are random enough.

type Seed = Scalar<IntType>;
type Word = "i32" | "u32";
type Four<S extends Shape, D extends "u32" | "f32"> = [Tile<S, D>, Tile<S, D>, Tile<S, D>, Tile<S, D>];

/**
 * Four tiles of random bits from counters of 32 bits, which broadcast, and 64 bits of the seed. Triton: `tl.philox`.
 *
 * @example const [a, b, c, d] = philox(seed, col(rows), row(columns), step, 0);
 */
export function philox(
  seed: Seed,
  c0: Tile<Forgotten, Word>,
  c1: Tile<Forgotten, Word>,
  c2: Tile<Forgotten, Word>,
  c3: Tile<Forgotten, Word>,
  nRounds: number = 10,
): Four<Forgotten, "u32"> {
  const [w0, w1, w2, w3] = [bitcast(c0, "u32"), bitcast(c1, "u32"), bitcast(c2, "u32"), bitcast(c3, "u32")];
  const zero = (w0 | w1 | w2 | w3) & 0;
  let [a, b, c, d] = [w0 | zero, w1 | zero, w2 | zero, w3 | zero];
  const key = to(seed | 0, "i64");
  let [k0, k1] = [to(key, "u32"), to(key >> 32, "u32")];
  for (const _ of staticRange(nRounds)) {
    [a, b, c, d] = [umulhi(0xcd9e8d57, c) ^ b ^ k0, 0xcd9e8d57 * c, umulhi(0xd2511f53, a) ^ d ^ k1, 0xd2511f53 * a];
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  return [a, b, c, d];
}

/**
 * Four tiles of 64 random bits from counters of 64 bits, which broadcast, and 64 bits of the seed. Triton: `tl.philox`, of such counters.
 *
 * @example const [a, b, c, d] = philox64(seed, at, to(step, "i64"), 0, 0);
 */
export function philox64(
  seed: Seed,
  c0: Tile<Forgotten, "i64" | "u64">,
  c1: Tile<Forgotten, "i64" | "u64">,
  c2: Tile<Forgotten, "i64" | "u64">,
  c3: Tile<Forgotten, "i64" | "u64">,
  nRounds: number = 10,
): [Tile<Forgotten, "u64">, Tile<Forgotten, "u64">, Tile<Forgotten, "u64">, Tile<Forgotten, "u64">] {
  const [w0, w1, w2, w3] = [to(c0, "u64"), to(c1, "u64"), to(c2, "u64"), to(c3, "u64")];
  const zero = (w0 | w1 | w2 | w3) & 0;
  let [a, b, c, d] = [w0 | zero, w1 | zero, w2 | zero, w3 | zero];
  const [factorA, factorB] = [to(0xd2e7470ee14c6c93n, "u64"), to(0xca5a826395121157n, "u64")];
  let [k0, k1] = [to(to(seed | 0, "i64"), "u64"), to(0, "u64")];
  for (const _ of staticRange(nRounds)) {
    [a, b, c, d] = [umulhi(factorB, c) ^ b ^ k0, factorB * c, umulhi(factorA, a) ^ d ^ k1, factorA * a];
    k0 += to(0x9e3779b97f4a7c15n, "u64");
    k1 += to(0xbb67ae8584caa73bn, "u64");
  }
  return [a, b, c, d];
}

/**
 * Four tiles of random bits, for what one costs. Triton: `tl.randint4x`.
 *
 * @example const [a, b, c, d] = randint4x(seed, at);
 */
export function randint4x<S extends Shape = Forgotten>(
  seed: Seed,
  offset: Tile<S, IntType>,
  nRounds: number = 10,
): Four<S, "u32"> {
  // Of at least 32 bits. What two shifts leave is the upper half of 64, and 0 where there is none.
  const at = offset + to(0, "i32");
  return philox(seed, to(at, "u32"), to((at >>> 16) >>> 16, "u32"), 0, 0, nRounds);
}

/**
 * Random bits, each as likely 0 as 1. Triton: `tl.randint`.
 *
 * @example const bit = randint(seed, at) >>> 31;
 */
export function randint<S extends Shape = Forgotten>(
  seed: Seed,
  offset: Tile<S, IntType>,
  nRounds: number = 10,
): Tile<S, "u32"> {
  return randint4x(seed, offset, nRounds)[0];
}

/**
 * Random bits as numbers from 0 to less than 1, all equally likely. Triton: `tl.uint_to_uniform_float`.
 *
 * @example const u = uintToUniformFloat(philox(seed, at, step, 0, 0)[0]);
 */
export function uintToUniformFloat<S extends Shape = Forgotten>(bits: Tile<S, Word>): Tile<S, "f32"> {
  const x = bitcast(bits, "i32");
  // The greatest factor by which no i32 gives 1.
  return where(x < 0, ~x, x) * 4.6566127342e-10;
}

/**
 * Random numbers from 0 to less than 1, all equally likely. Triton: `tl.rand`.
 *
 * @example const kept = rand(seed, at) >= p; // dropout
 */
export function rand<S extends Shape = Forgotten>(
  seed: Seed,
  offset: Tile<S, IntType>,
  nRounds: number = 10,
): Tile<S, "f32"> {
  return uintToUniformFloat(randint(seed, offset, nRounds));
}

/**
 * Four tiles of random numbers from 0 to less than 1, for what one costs. Triton: `tl.rand4x`.
 *
 * @example const [u, v, w, z] = rand4x(seed, at);
 */
export function rand4x<S extends Shape = Forgotten>(
  seed: Seed,
  offset: Tile<S, IntType>,
  nRounds: number = 10,
): Four<S, "f32"> {
  const [a, b, c, d] = randint4x(seed, offset, nRounds);
  return [uintToUniformFloat(a), uintToUniformFloat(b), uintToUniformFloat(c), uintToUniformFloat(d)];
}

/**
 * Two independent normal numbers from two uniform ones (Box and Muller, 1958). Triton: `tl.pair_uniform_to_normal`.
 *
 * @example const [x, y] = pairUniformToNormal(u, v);
 */
export function pairUniformToNormal<S extends Shape = Forgotten>(
  u1: Tile<S, "f32">,
  u2: Tile<S, "f32">,
): [Tile<S, "f32">, Tile<S, "f32">] {
  const angle = 6.283185307179586 * u2;
  const radius = sqrt(-2.0 * log(maximum(1.0e-7, u1)));
  return [radius * cos(angle), radius * sin(angle)];
}

/**
 * Random numbers of the normal distribution with mean 0 and variance 1. Triton: `tl.randn`.
 *
 * @example const noisy = x + sigma * randn(seed, at);
 */
export function randn<S extends Shape = Forgotten>(
  seed: Seed,
  offset: Tile<S, IntType>,
  nRounds: number = 10,
): Tile<S, "f32"> {
  const [a, b] = randint4x(seed, offset, nRounds);
  return pairUniformToNormal(uintToUniformFloat(a), uintToUniformFloat(b))[0];
}

/**
 * Four tiles of random numbers of the normal distribution, for what one costs. Triton: `tl.randn4x`.
 *
 * @example const [w, x, y, z] = randn4x(seed, at);
 */
export function randn4x<S extends Shape = Forgotten>(
  seed: Seed,
  offset: Tile<S, IntType>,
  nRounds: number = 10,
): Four<S, "f32"> {
  const [u1, u2, u3, u4] = rand4x(seed, offset, nRounds);
  const [w, x] = pairUniformToNormal(u1, u2);
  const [y, z] = pairUniformToNormal(u3, u4);
  return [w, x, y, z];
}
