import type { DType, FloatType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { BroadcastClash, IsAny, Problem, ShapeOf, SizeName } from "../shapes.js";
import type { DTypeKey, Forgotten, KindKey, Mask, MaskLike, Pointer, Shape, Tile } from "../types.js";

/** What `load` leaves out, and how it goes through caches. */
export interface LoadOptions {
  /** Where false nothing is read. Broadcast to the pointer's shape. Default: all is read. */
  readonly mask?: MaskLike;
  /** What stands where the mask is false; undefined bits without it. */
  readonly other?: number | boolean;
  /** Cache hint: all levels, global level (L2) only, volatile, streaming. Default: as the GPU does. */
  readonly cache?: "ca" | "cg" | "cv" | "cs";
  /** Which lines leave the cache first: these before others, or after them. Default: as they were used. */
  readonly eviction?: "evict_first" | "evict_last";
  /** Read each time anew: others write here meanwhile. Default false. */
  readonly volatile?: boolean;
}

/**
 * Reads the elements a tile of pointers points to: dtype of the pointer, shape of the pointer. Triton: `tl.load`.
 *
 * @example const x = load(a + i, { mask: i < n, other: 0 });
 */
export function load<S extends Shape = Forgotten, D extends Exclude<DType, "bool"> = Forgotten>(
  ptr: Pointer<S, D>,
  options?: LoadOptions,
  // Where a mask is wanted, D must not be taken from that.
): Tile<S, NoInfer<D>>;
export function load<S extends Shape = Forgotten>(ptr: Pointer<S, "bool">, options?: LoadOptions): Mask<S>;
export function load(ptr: number, options?: LoadOptions): never {
  return outsideKernel("load", ptr, options);
}

/** What `store` leaves out, and how it goes through caches. */
export interface StoreOptions {
  /** Where false nothing is written. Default: all is written. */
  readonly mask?: MaskLike;
  /** Cache hint: write back, L2 only, streaming, write through. Default: as the GPU does. */
  readonly cache?: "wb" | "cg" | "cs" | "wt";
  /** Which lines leave the cache first: these before others, or after them. Default: as they were used. */
  readonly eviction?: "evict_first" | "evict_last";
}

/** Conversions that store makes by itself: float to float, integer to integer. */
type KindClash<P, V> =
  IsAny<P> extends true
    ? false
    : IsAny<V> extends true
      ? false
      : [P] extends [FloatType]
        ? [V] extends [FloatType]
          ? false
          : true
        : [P] extends ["bool"]
          ? [V] extends ["bool"]
            ? false
            : true
          : [V] extends [FloatType | "bool"]
            ? true
            : false;

type DTypeOf<T> = DTypeKey extends keyof T ? NonNullable<T[DTypeKey]> : Forgotten;

type StoreCheck<P, V> = KindKey extends keyof V
  ? NonNullable<V[KindKey]> extends "pointer"
    ? Problem<"store: the value is a pointer; load it first">
    : KindClash<DTypeOf<P>, DTypeOf<V>> extends true
      ? Problem<`store: the pointer is to ${DTypeOf<P> & string}, the value is ${DTypeOf<V> & string}; convert it with to(value, dtype)`>
      : BroadcastClash<ShapeOf<P>, ShapeOf<V>> extends readonly [infer A, infer B]
        ? Problem<`store: shapes differ: the pointer has ${SizeName<A>} where the value has ${SizeName<B>}`>
        : V
  : V;

/**
 * Writes a tile. The value is converted to the pointer's dtype within its kind (f32 → bf16, i64 → i32); value and mask are broadcast
 * to the pointer's shape. Triton: `tl.store`.
 *
 * @example store(c + i, x, { mask: i < n });
 */
export function store<P extends number, V extends number | boolean>(
  ptr: P,
  value: StoreCheck<P, V>,
  options?: StoreOptions,
): void {
  outsideKernel("store", ptr, value, options);
}
