import type { IntType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Forgotten, Shape, Tile } from "../types.js";

// Functions of the bits of integers, each a few instructions of a GPU: of i32, u32, i64 and u64, or of the first two where that is said.

/**
 * How many bits are set, as an i32. Triton: `libdevice.popc`.
 *
 * @example const count = popc(flagged);
 */
export function popc<S extends Shape = Forgotten>(x: Tile<S, IntType>): Tile<S, "i32"> {
  return outsideKernel("popc", x);
}

/**
 * How many zeros stand above the highest bit that is set, as an i32: the width where none is. Triton: `libdevice.clz`.
 *
 * @example const size = 31 - clz(flagged);
 */
export function clz<S extends Shape = Forgotten>(x: Tile<S, IntType>): Tile<S, "i32"> {
  return outsideKernel("clz", x);
}

/**
 * The place of the lowest bit that is set, counted from 1, as an i32; 0 where none is. Triton: `libdevice.ffs`.
 *
 * @example const first = ffs(flagged) - 1;
 */
export function ffs<S extends Shape = Forgotten>(x: Tile<S, IntType>): Tile<S, "i32"> {
  return outsideKernel("ffs", x);
}

/**
 * The bits in the other order. Triton: `libdevice.brev`.
 *
 * @example const halton = brev(to(at, "u32"));
 */
export function brev<S extends Shape = Forgotten, D extends IntType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("brev", x);
}

/**
 * Four bytes of the eight that a and b have, those of a first, of i32 or u32: each by 3 of the 4 bits that the selector has for it, the lowest first. Triton: `libdevice.byte_perm`.
 *
 * @example const swapped = bytePerm(words, words, 0x0123);
 */
export function bytePerm(a: number, b: number, selector: number): number {
  return outsideKernel("bytePerm", a, b, selector);
}

/**
 * The upper half of the product, which has twice the width; `umulhi` takes any bits as unsigned. Triton: `libdevice.mulhi`.
 *
 * @example const whole = mulhi(numbers, 0x55555556); // numbers / 3
 */
export function mulhi(a: number, b: number): number {
  return outsideKernel("mulhi", a, b);
}

/**
 * The lower 32 bits of the product of the lower 24 bits of i32 or u32, of i32 with their sign. Triton: `libdevice.mul24`.
 *
 * @example const offset = mul24(numbers, 96);
 */
export function mul24(a: number, b: number): number {
  return outsideKernel("mul24", a, b);
}

/**
 * Half the sum of i32 or u32, which does not overflow, rounded down. Triton: `libdevice.hadd`.
 *
 * @example const middle = hadd(low, high);
 */
export function hadd(a: number, b: number): number {
  return outsideKernel("hadd", a, b);
}

/**
 * Half the sum of i32 or u32, which does not overflow, rounded up. Triton: `libdevice.rhadd`.
 *
 * @example const middle = rhadd(low, high);
 */
export function rhadd(a: number, b: number): number {
  return outsideKernel("rhadd", a, b);
}

/**
 * |a − b| + c of i32 or u32, as a u32. Triton: `libdevice.sad`.
 *
 * @example const far = sad(numbers, words, 0);
 */
export function sad(a: number, b: number, c: number): number {
  return outsideKernel("sad", a, b, c);
}
