import { type DType, type Expr, isInteger, isNarrow, type Span, type Stmt, type Type } from "../../../ir/index.js";
import { ExecutorError } from "../unsupported.js";
import type { Flattener, Frame } from "./flatten.js";
import type { Step } from "./steps.js";
import { type Bound, isTuple } from "./variables.js";

type Of<K extends Stmt["kind"]> = Extract<Stmt, { kind: K }>;
type Rule<K extends Stmt["kind"]> = (flattener: Flattener, stmt: Of<K>, frame: Frame, out: Step[]) => void;

const RULES: { readonly [K in Stmt["kind"]]: Rule<K> } = {
  assign: (flattener, { name, value, span }, frame, out) =>
    assign(flattener, name, flattener.value(value, frame, out), frame, out, span),

  unpack: (flattener, { names, value, span }, frame, out) => {
    const { variables } = flattener;
    const items = flattener.value(value, frame, out);
    if (!isTuple(items)) throw new ExecutorError("unpacking what is no tuple", span);
    const wanted = items.filter((_item, index) => names[index] != null);
    const settled = wanted.length > 1 ? wanted.map((item) => variables.settle(item, out, span)) : wanted;
    const given = names.filter((name) => name != null);
    for (const [index, name] of given.entries()) assign(flattener, name, settled[index]!, frame, out, span);
  },

  effect: (flattener, { value }, frame, out) => {
    const result = flattener.value(value, frame, out);
    if (!isTuple(result) && result.kind === "op") out.push({ kind: "effect", value: result, span: value.span });
  },

  for: (flattener, stmt, frame, out) => {
    const [start, stop, step] = [stmt.start, stmt.stop, stmt.step].map((one) => flattener.plain(one, frame, out));
    const counter: Type = { kind: "tile", dtype: loopDType(stop!), shape: [], pointer: false };
    const variable = declare(flattener, stmt.variable, counter, frame);
    const body = inner(flattener, stmt.body, frame);
    out.push({ kind: "for", variable, start: start!, stop: stop!, step: step!, body, span: stmt.span });
  },

  while: (flattener, stmt, frame, out) => {
    const before: Step[] = [];
    const condition = flattener.plain(stmt.condition, frame, before);
    out.push({ kind: "while", before, condition, body: inner(flattener, stmt.body, frame), span: stmt.span });
  },

  if: (flattener, stmt, frame, out) => {
    const condition = flattener.plain(stmt.condition, frame, out);
    const [then, otherwise] = [inner(flattener, stmt.then, frame), inner(flattener, stmt.else, frame)];
    out.push({ kind: "if", condition, then, else: otherwise, span: stmt.span });
  },

  return: (flattener, { value, span }, frame, out) => {
    const { result } = frame;
    if (result === null) throw new ExecutorError("a return that is not the last statement", span);
    if (value !== null) flattener.variables.copyInto(result.into, flattener.value(value, frame, out), out, span);
    out.push({ kind: "leave", label: result.label });
  },
};

/** Adds the steps of statements. */
export function flattenBody(flattener: Flattener, body: readonly Stmt[], frame: Frame, out: Step[]): void {
  for (const stmt of body) (RULES[stmt.kind] as Rule<Stmt["kind"]>)(flattener, stmt as never, frame, out);
}

function inner(flattener: Flattener, body: readonly Stmt[], frame: Frame): Step[] {
  const steps: Step[] = [];
  flattenBody(flattener, body, frame, steps);
  return steps;
}

function assign(flattener: Flattener, name: string, value: Bound, frame: Frame, out: Step[], span: Span): void {
  const { variables } = flattener;
  const known = frame.names.get(name);
  if (isTuple(value)) {
    const settled = variables.settle(value, out, span);
    if (known) variables.copyInto(known, settled, out, span);
    else frame.names.set(name, variables.holding(settled, frame.prefix + name, out, span));
  } else if (known === undefined && isText(value)) frame.names.set(name, value);
  else {
    const isVariable = known && !isTuple(known) && known.kind === "ref";
    const target = isVariable ? known.name : declare(flattener, name, value.type, frame);
    out.push({ kind: "assign", name: target, value, span });
  }
}

const NOWHERE: Span = { file: "", line: 0, column: 0, endLine: 0, endColumn: 0 };

function declare({ variables }: Flattener, name: string, type: Type, frame: Frame): string {
  const variable = variables.named(frame.prefix + name, type, NOWHERE);
  frame.names.set(name, variable);
  return variable.name;
}

const isText = (value: Expr): boolean => value.kind === "literal" && typeof value.value === "string";

/** A loop counts in the dtype of its bound, in 32 bits at least. */
function loopDType(stop: Expr): DType {
  const { type } = stop;
  return type.kind === "tile" && isInteger(type.dtype) && !isNarrow(type.dtype) ? type.dtype : "i32";
}
