import type { Dim } from "./dim.js";
import type { DType } from "./dtype.js";

/** Sizes along the axes; empty for a scalar. */
export type Shape = readonly Dim[];

/**
 * The type of an IR value.
 * - `tile`: numbers of one dtype in a shape; the empty shape is a scalar. With `pointer` the elements are addresses of `dtype`.
 * - `const`: known when the kernel is compiled (a literal, a `Const` parameter, arithmetic of these). An integer one carries
 *   its symbolic value, so that it can be a size, and a boolean one what it is as 1 or 0, so that it can choose one; a literal adapts to
 *   the dtype it meets.
 * - `descriptor`: a tensor descriptor whose loads give tiles of shape `block`.
 * - `tuple`: what a device function returns when it returns several values; `names` is there for an object.
 * - `void`: the type of effects.
 */
export type Type =
  | { readonly kind: "tile"; readonly dtype: DType; readonly shape: Shape; readonly pointer: boolean }
  | { readonly kind: "const"; readonly of: "int" | "float" | "bool" | "string"; readonly dim?: Dim }
  | { readonly kind: "descriptor"; readonly dtype: DType; readonly block: Shape }
  | { readonly kind: "tuple"; readonly items: readonly Type[]; readonly names?: readonly string[] }
  | { readonly kind: "void" }
  | { readonly kind: "unknown" };

export const UNKNOWN: Type = { kind: "unknown" };
export const VOID: Type = { kind: "void" };
export const scalar = (dtype: DType): Type => ({ kind: "tile", dtype, shape: [], pointer: false });
export const tile = (dtype: DType, shape: Shape): Type => ({ kind: "tile", dtype, shape, pointer: false });
export const pointer = (dtype: DType, shape: Shape = []): Type => ({ kind: "tile", dtype, shape, pointer: true });
