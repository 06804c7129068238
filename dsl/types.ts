import type { DType } from "./dtypes.js";

// What the language knows of a value is carried by optional keys on `number` and `boolean` ("flavors"). The keys are optional so that
// `a * b + c`, whose type is plain `number`, can be given to every operation again; the compiler infers what tsc forgot.
declare const KIND: unique symbol;
declare const SHAPE: unique symbol;
declare const DTYPE: unique symbol;
declare const CONST: unique symbol;
declare const PADDING: unique symbol;
export type KindKey = typeof KIND;
export type ShapeKey = typeof SHAPE;
export type DTypeKey = typeof DTYPE;
export type ConstKey = typeof CONST;

/** Stands for a shape or dtype that an operator made tsc forget. It agrees with everything: the compiler looks again. */
// biome-ignore lint/suspicious/noExplicitAny: the one place; anything stricter would reject `load(a + i)`.
export type Forgotten = any;

/** Sizes of a tile, outermost first: numbers and `Const` parameters. `[]` is a scalar. */
export type Shape = readonly number[];

/** What a value of the language carries. `S` and `D` are `any` where an operator such as `+` made tsc forget them. */
export interface Flavor<Kind extends string, S, D> {
  readonly [KIND]?: Kind;
  readonly [SHAPE]?: S;
  readonly [DTYPE]?: D;
}

/**
 * A tile of numbers: `Tile<[64, 32], "f32">`, `Tile<[Const<"BM">, Const<"BK">], "bf16">`.
 * On a local variable it is an assertion that the compiler checks.
 */
export type Tile<S extends Shape = Forgotten, D extends DType = Forgotten> = number & Flavor<"tile", S, D>;

/** A tile of booleans, as comparisons give. Combine with `&&`, `||` and `!`. */
export type Mask<S extends Shape = Forgotten> = boolean & Flavor<"tile", S, "bool">;

/** Where a mask is wanted: one, or what was loaded from a `Ptr<"bool">` at an address that tsc has forgotten. */
export type MaskLike<S extends Shape = Forgotten> = Mask<S> | Tile<S, "bool">;

/** One number: an argument of a launch, or what `sum(x)` gives. */
export type Scalar<D extends DType = Forgotten> = Tile<[], D>;

/** Integer argument of 32 bits. */
export type Int = Scalar<"i32">;
/** Integer argument of 64 bits; a launch takes a number or a bigint. */
export type I64 = Scalar<"i64">;
/** Unsigned integer argument of 32 bits. */
export type U32 = Scalar<"u32">;
/** Unsigned integer argument of 64 bits; a launch takes a number or a bigint. */
export type U64 = Scalar<"u64">;
/** Floating-point argument of 32 bits. */
export type F32 = Scalar<"f32">;
/** Boolean argument. */
export type Bool = Mask<[]>;

/** A tile of addresses. `pointer + offsets` moves by elements, as in C. */
export type Pointer<S extends Shape = Forgotten, D extends DType = Forgotten> = number & Flavor<"pointer", S, D>;

/** The address of the first element of a buffer: `Ptr<"bf16">`. */
export type Ptr<D extends DType = Forgotten> = Pointer<[], D>;

/**
 * A value fixed when the kernel is built, named as its parameter: `BM: Const<"BM">`, `CAUSAL: Const<"CAUSAL", boolean>`; of numbers that are
 * not whole `EPS: Const<"EPS", F32>`. An integer one may be a size. One that is an axis, an option or a dtype lists its values in its type,
 * `CACHE: Const<"CACHE", "ca" | "cg">`, or has them from the builds beside the kernel.
 */
export type Const<Name extends string = string, Base extends number | boolean | string = number> = Base & {
  readonly [CONST]?: Name;
};

/**
 * A tensor in memory with its sizes and strides, read and written in blocks: `Descriptor<"bf16", [Const<"BM">, 64]>`.
 * Hopper moves such blocks with its tensor memory accelerator. Reads outside give zero, or NaN with `"nan"`.
 */
export type Descriptor<
  D extends DType = Forgotten,
  Block extends Shape = Forgotten,
  Padding extends "zero" | "nan" = "zero",
> = Flavor<"descriptor", Block, D> & { readonly [PADDING]?: Padding };
