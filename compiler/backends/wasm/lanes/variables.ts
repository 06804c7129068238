import type { DType, Expr } from "../../../ir/index.js";
import type { AccessSite } from "../cpu-kernel.js";
import type { Local } from "../encode/function.js";
import type { Inlined } from "../fuse/decide.js";
import type { Facts } from "./facts.js";

/** The buffer of a pointer: fixed for one that comes from a single parameter, else carried along in locals. */
export interface BufferLocals {
  readonly base: Local;
  readonly count: Local;
  readonly params: readonly string[];
}

/** Where the value of a variable or of an intermediate result is. Slots are byte offsets in the worker's frame. */
export type Variable =
  | { readonly kind: "scalar"; readonly dtype: DType; readonly local: Local; facts?: Facts }
  | { readonly kind: "tile"; readonly dtype: DType; readonly shape: readonly number[]; readonly slot: number }
  | { readonly kind: "pointer"; readonly dtype: DType; readonly offset: Local | null; readonly buffer: BufferLocals }
  | {
      readonly kind: "pointers";
      readonly dtype: DType;
      readonly shape: readonly number[];
      readonly slot: number;
      /** Slots of base and count for each element, where elements may come from different buffers. */
      readonly mixed: { readonly base: number; readonly count: number } | null;
      readonly buffer: BufferLocals;
    }
  | {
      readonly kind: "descriptor";
      readonly dtype: DType;
      readonly block: readonly number[];
      readonly padding: "zero" | "nan";
      readonly offset: Local | null;
      readonly buffer: BufferLocals;
      readonly shape: readonly Local[];
      readonly strides: readonly Local[];
    };

/** What is known of a place beside where it is. */
export type SiteFacts = Pick<AccessSite, "text" | "hex" | "values">;

/** What names and expressions stand for while a kernel is compiled. */
export interface Environment {
  readonly inlined: Inlined;
  /** What a pointer from an address may come from. */
  readonly anywhere: ReadonlySet<string>;
  variable(name: string): Variable | undefined;
  /** Results of whole ops and of sub-expressions that were computed ahead. */
  readonly ahead: Map<Expr, Variable>;
  /** Program ids and counts. */
  readonly program: readonly Local[];
  readonly programs: readonly Local[];
  /** The number of a place in the source, for errors. */
  site(op: string, params: readonly string[], span: Expr["span"], more?: SiteFacts): number;
}
