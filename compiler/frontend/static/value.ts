import { type Dim, LIMITS, LimitExceeded } from "../../ir/index.js";
import type { FunctionNode } from "../names.js";
import { ts } from "../typescript.mjs";

/** A value known without running the program. Integers may be symbolic in the kernel's `Const` parameters. */
export type Static =
  | { readonly kind: "int"; readonly value: Dim }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  /** A boolean that `Const` parameters decide, as 1 or 0. */
  | { readonly kind: "test"; readonly value: Dim }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "missing" }
  | { readonly kind: "list"; readonly items: readonly Static[] }
  | { readonly kind: "record"; readonly fields: ReadonlyMap<string, Static> }
  | {
      readonly kind: "function";
      readonly node: FunctionNode;
      readonly around: Environment;
    };

/** Where names get static values. */
export interface Environment {
  /** The value of a name; null where it has none; undefined to look at module level. */
  lookup(symbol: ts.Symbol): Static | null | undefined;
  /** The value of `a.b` where `a` is no value of its own; null for the rest. */
  member?(node: ts.PropertyAccessExpression): Static | null;
  /** What a condition is that asks for what a call or a launch may leave out; null for every other one. */
  asks?(node: ts.Expression): boolean | null;
  /** Told the first node that is not static, to point at it. */
  fail?(node: ts.Node): void;
}

export const int = (value: Dim): Static => ({ kind: "int", value });
export const float = (value: number): Static => ({ kind: "float", value });
export const bool = (value: boolean): Static => ({ kind: "bool", value });
export const test = (value: Dim): Static => (typeof value === "number" ? bool(value !== 0) : { kind: "test", value });

/** A boolean as 1 or 0; null for the rest. */
export function testOf(value: Static): Dim | null {
  if (value.kind === "bool") return Number(value.value);
  return value.kind === "test" ? value.value : null;
}

/** Lists and texts that grow out of one another: twenty lines could fill all memory. */
function limited<T extends { readonly length: number }>(value: T): T {
  if (value.length > LIMITS.elements) throw new LimitExceeded("elements");
  return value;
}

export const text = (value: string): Static => ({ kind: "string", value: limited(value) });
export const list = (items: readonly Static[]): Static => ({ kind: "list", items: limited(items) });

/** Whether it is one number, flag or text, of which no `Const` parameter decides anything. */
export const isConstant = (value: Static): boolean =>
  value.kind === "bool" || value.kind === "string" || plainNumber(value) !== null;

/** The size or condition that `Const` parameters decide; null for what is known, and for all else. */
export function symbolicOf(value: Static | null): Dim | null {
  if (value?.kind === "test") return value.value;
  return value?.kind === "int" && typeof value.value !== "number" ? value.value : null;
}

/** A plain number, whichever kind; null for the rest. */
export function plainNumber(value: Static | null): number | null {
  if (value?.kind === "float") return value.value;
  return value?.kind === "int" && typeof value.value === "number" ? value.value : null;
}

/** The expression that a function gives back, where it does nothing else. */
export function resultOf({ body }: FunctionNode): ts.Expression | null {
  if (body === undefined) return null;
  if (!ts.isBlock(body)) return body;
  const only = body.statements.length === 1 ? body.statements[0]! : null;
  return only !== null && ts.isReturnStatement(only) ? (only.expression ?? null) : null;
}
