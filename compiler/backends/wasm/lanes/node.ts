import type { DType, Span } from "../../../ir/index.js";
import type { Local } from "../encode/function.js";
import type { Facts } from "./facts.js";

/**
 * What one lane computes: a node of a graph in which equal computations are one node, over the indices of a loop nest.
 *
 * `level` is the innermost loop it depends on (0: none), so it is computed there and nowhere deeper. `stride` says how it varies
 * over the four lanes of a vector: 0 not at all, a number for lane 0's value plus that much a lane, null in any other way.
 */
export interface Node {
  readonly id: number;
  readonly op: string;
  readonly args: readonly Node[];
  readonly dtype: DType;
  readonly level: number;
  readonly stride: number | null;
  readonly facts: Facts;
  readonly data: NodeData;
}

export type NodeData =
  | null
  | { readonly kind: "constant"; readonly value: number | bigint }
  | { readonly kind: "linear"; readonly coefficients: readonly number[]; readonly constant: number }
  | { readonly kind: "local"; readonly local: Local }
  | { readonly kind: "slot"; readonly offset: number }
  | { readonly kind: "access"; readonly access: Access };

/** A place in the source that touches memory, for errors. */
export interface Site {
  readonly op: string;
  /** Pointer parameters that the address may come from. */
  readonly params: readonly string[];
  readonly span: Span;
}

/** The buffer that an address lies in: where it starts, and how many elements it has (unsigned). */
export interface Provenance {
  readonly base: Node;
  readonly count: Node;
  readonly params: readonly string[];
}

export interface Access {
  readonly from: Provenance;
  readonly bytes: number;
  readonly site: number;
}

export interface Pointer {
  readonly from: Provenance;
  /** In elements from the start of the buffer; i32. */
  readonly offset: Node;
}
