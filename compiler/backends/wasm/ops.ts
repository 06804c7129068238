import type { Expr } from "../../ir/index.js";
import { OPS, type Op } from "../../ops/index.js";

export type OpExpr = Extract<Expr, { kind: "op" }>;

/** Of an op that is computed as a whole. */
export type WholeExpr = OpExpr & { readonly op: string & { readonly whole?: true } };

export const opOf = (expr: Expr): Op | undefined => (expr.kind === "op" ? OPS.get(expr.op) : undefined);

/** Whether it is computed as a whole, into memory, and not where its elements are used. */
export const isWhole = (expr: Expr): expr is WholeExpr => opOf(expr)?.whole === true;

/** Whether it reads and writes memory in one step. */
export const isAtomic = (expr: Expr): boolean => isWhole(expr) && opOf(expr)?.writes !== undefined;

/** Rough work of one element, in vector instructions. */
export const costOfOp = (expr: Expr): number => opOf(expr)?.cost ?? 1;

/** Atomic ops on the elements of a descriptor's block. */
export const BLOCK_ATOMICS = ["Add", "Min", "Max", "And", "Or", "Xor"].map((what) => `atomic${what}TensorDescriptor`);
