import type { Expr } from "../../ir/index.js";

export type OpExpr = Extract<Expr, { kind: "op" }>;

/** Ops that are computed as a whole, by loops of their own, into memory: all others are computed where their elements are used. */
const WHOLE = [
  "sum",
  "max",
  "min",
  "argmax",
  "argmin",
  "any",
  "all",
  "xorSum",
  "cumsum",
  "sort",
  "dot",
  "atomicAdd",
  "atomicMax",
  "atomicMin",
  "atomicAnd",
  "atomicOr",
  "atomicXor",
  "atomicExchange",
  "atomicCas",
] as const;

export type WholeExpr = OpExpr & { readonly op: (typeof WHOLE)[number] };

export const isWhole = (expr: Expr): expr is WholeExpr =>
  expr.kind === "op" && (WHOLE as readonly string[]).includes(expr.op);

export const isAtomic = (op: string): boolean => op.startsWith("atomic");

/** Ops that write memory, with the operand that says where. */
export const WRITES: Readonly<Record<string, string>> = {
  store: "ptr",
  storeTensorDescriptor: "desc",
  atomicAdd: "ptr",
  atomicMax: "ptr",
  atomicMin: "ptr",
  atomicAnd: "ptr",
  atomicOr: "ptr",
  atomicXor: "ptr",
  atomicExchange: "ptr",
  atomicCas: "ptr",
  atomicAddTensorDescriptor: "desc",
};

export const READS: Readonly<Record<string, string>> = { load: "ptr", loadTensorDescriptor: "desc" };

/** Ops that mark an order between memory accesses. */
export const ORDERS = new Set(["debugBarrier"]);

/** Rough work of one element, in vector instructions, where it is not 1. */
export const COST: Readonly<Record<string, number>> = {
  load: 4,
  loadTensorDescriptor: 6,
  exp: 14,
  exp2: 12,
  log: 20,
  log2: 20,
  sin: 40,
  cos: 40,
  tanh: 25,
  erf: 40,
  sigmoid: 20,
  sqrt: 5,
  rsqrt: 10,
  div: 4,
  floorDiv: 20,
  mod: 20,
  cdiv: 20,
  arange: 0,
  zeros: 0,
  full: 0,
  expandDims: 0,
  broadcastTo: 0,
  reshape: 0,
  trans: 0,
  permute: 0,
  multipleOf: 0,
  maxContiguous: 0,
};
