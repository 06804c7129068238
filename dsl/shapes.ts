import type { ConstKey, Forgotten, Shape, ShapeKey } from "./types.js";

// Arithmetic on shapes at the level of types. Every rule lets through what tsc cannot know (`any`, plain `number`).

export type IsAny<T> = 0 extends 1 & T ? true : false;

/** The shape a value carries, or `any`. */
export type ShapeOf<T> = ShapeKey extends keyof T ? NonNullable<T[ShapeKey]> : Forgotten;

/** A sentence that tsc prints as the type which was expected. */
export interface Problem<Sentence extends string> {
  readonly problem: Sentence;
}

/** How a size reads in a sentence: `64`, `BM`. */
export type SizeName<N> = ConstKey extends keyof N
  ? NonNullable<N[ConstKey]> & string
  : N extends number
    ? `${N}`
    : "an unknown number of";

/** True where two sizes cannot be the same number. */
export type Differ<A, B> =
  IsAny<A> extends true
    ? false
    : IsAny<B> extends true
      ? false
      : [A] extends [B]
        ? false
        : [B] extends [A]
          ? false
          : true;

type BroadcastSize<A, B> = IsAny<A> extends true ? B : [A] extends [1] ? B : A;

/** The shape of an elementwise operation: aligned right, size 1 stretches. */
export type BroadcastShape<A, B> =
  IsAny<A> extends true
    ? Forgotten
    : IsAny<B> extends true
      ? Forgotten
      : A extends readonly [...infer AHead, infer ALast]
        ? B extends readonly [...infer BHead, infer BLast]
          ? [...BroadcastShape<AHead, BHead>, BroadcastSize<ALast, BLast>]
          : A
        : B;

/** Two sizes that cannot be broadcast together, as a pair; null where all can. */
export type BroadcastClash<A, B> =
  IsAny<A> extends true
    ? null
    : IsAny<B> extends true
      ? null
      : A extends readonly [...infer AHead, infer ALast]
        ? B extends readonly [...infer BHead, infer BLast]
          ? [ALast] extends [1]
            ? BroadcastClash<AHead, BHead>
            : [BLast] extends [1]
              ? BroadcastClash<AHead, BHead>
              : Differ<ALast, BLast> extends true
                ? [ALast, BLast]
                : BroadcastClash<AHead, BHead>
          : null
        : null;

/** The shape without one axis, or with size 1 there. */
export type Reduced<S, Axis, Keep> =
  IsAny<S> extends true
    ? Forgotten
    : S extends readonly [unknown]
      ? Keep extends true
        ? [1]
        : []
      : S extends readonly [infer A, infer B]
        ? Axis extends 0
          ? Keep extends true
            ? [1, B]
            : [B]
          : Axis extends 1 | -1
            ? Keep extends true
              ? [A, 1]
              : [A]
            : Forgotten
        : S extends readonly [infer A, infer B, infer C]
          ? Axis extends 0
            ? Keep extends true
              ? [1, B, C]
              : [B, C]
            : Axis extends 1
              ? Keep extends true
                ? [A, 1, C]
                : [A, C]
              : Axis extends 2 | -1
                ? Keep extends true
                  ? [A, B, 1]
                  : [A, B]
                : Forgotten
          : Forgotten;

/** The shape with a new axis of size 1. */
export type Expanded<S, Axis> =
  IsAny<S> extends true
    ? Forgotten
    : S extends readonly [infer A]
      ? Axis extends 0
        ? [1, A]
        : Axis extends 1 | -1
          ? [A, 1]
          : Forgotten
      : S extends readonly [infer A, infer B]
        ? Axis extends 0
          ? [1, A, B]
          : Axis extends 1
            ? [A, 1, B]
            : Axis extends 2 | -1
              ? [A, B, 1]
              : Forgotten
        : Forgotten;

/** The shape with its last two axes exchanged. */
export type Transposed<S> =
  IsAny<S> extends true ? Forgotten : S extends readonly [...infer Head, infer A, infer B] ? [...Head, B, A] : S;

/** Axes in a new order; `any` for more than three. */
export type Permuted<S, Order> =
  IsAny<S> extends true
    ? Forgotten
    : Order extends readonly []
      ? Transposed<S>
      : S extends Shape
        ? { [I in keyof Order]: Order[I] extends keyof S ? S[Order[I]] : Forgotten }
        : Forgotten;

/** Powers of two as lists of as many elements as the exponent, so that products of sizes can be compared. */
interface Exponents {
  1: [];
  2: [0];
  4: [0, 0];
  8: [0, 0, 0];
  16: [0, 0, 0, 0];
  32: [0, 0, 0, 0, 0];
  64: [0, 0, 0, 0, 0, 0];
  128: [0, 0, 0, 0, 0, 0, 0];
  256: [0, 0, 0, 0, 0, 0, 0, 0];
  512: [0, 0, 0, 0, 0, 0, 0, 0, 0];
  1024: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  2048: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  4096: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  8192: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  16384: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  32768: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
}

/** A size that a literal `arange` may have. */
export type PowerOfTwo = keyof Exponents | 65536 | 131072 | 262144 | 524288 | 1048576;

/** The exponent of the number of elements as a tuple; null where a size is not a literal power of two. */
type ElementsOf<S> = S extends readonly [infer A, ...infer Rest]
  ? A extends keyof Exponents
    ? ElementsOf<Rest> extends infer More extends readonly 0[]
      ? [...Exponents[A], ...More]
      : null
    : null
  : S extends readonly []
    ? []
    : null;

/** True where both shapes have sizes known to tsc and hold different numbers of elements. */
export type ElementsDiffer<A, B> =
  IsAny<A> extends true
    ? false
    : ElementsOf<A> extends infer X extends readonly 0[]
      ? ElementsOf<B> extends infer Y extends readonly 0[]
        ? X["length"] extends Y["length"]
          ? false
          : true
        : false
      : false;

/** True for a literal number that is no power of two. */
export type NotPowerOfTwo<N> =
  IsAny<N> extends true
    ? false
    : ConstKey extends keyof N
      ? false
      : N extends number
        ? number extends N
          ? false
          : N extends PowerOfTwo
            ? false
            : true
        : false;
