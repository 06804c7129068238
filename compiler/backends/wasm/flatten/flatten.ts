import {
  assignedNames,
  type ConstValue,
  type DeviceFunction,
  type DType,
  type Expr,
  isInteger,
  isNarrow,
  type Kernel,
  operands,
  type Span,
  type Stmt,
  type Type,
} from "../../../ir/index.js";
import { statesOf } from "../../../ops/index.js";
import { isWhole, type OpExpr, opOf } from "../ops.js";
import { ExecutorError } from "../unsupported.js";
import { type Combining, combineAlong, mapElements, spread } from "./combining.js";
import { dotInHalves, dotOfScaled } from "./dot-scaled.js";
import { dtypeOf } from "./made.js";
import type { Flat, Step } from "./steps.js";

/** A value that names stand for: an expression, or one for each element of a tuple. */
export type Bound = Expr | readonly Bound[];

/** Where `return` goes inside the function being put in place. */
interface Frame {
  readonly names: Map<string, Bound>;
  readonly prefix: string;
  /** Takes the value of a `return` that is not the last statement; null in a function whose only one is. */
  readonly result: { readonly label: string; readonly into: Bound } | null;
}

const KERNEL_END = "kernel";

/** Takes a kernel apart into steps. */
export function flatten(kernel: Kernel): Flat {
  const flattener = new Flattener(kernel);
  const steps: Step[] = [];
  const frame = { names: new Map<string, Bound>(), prefix: "", result: { label: KERNEL_END, into: [] } };
  flattener.body(kernel.body, frame, steps);
  return { steps: [{ kind: "scope", label: KERNEL_END, body: steps }], variables: flattener.variables };
}

class Flattener {
  readonly variables = new Map<string, Type>();
  private readonly functions: ReadonlyMap<string, DeviceFunction>;
  private readonly constants: ReadonlyMap<string, ConstValue>;
  private count = 0;

  constructor(kernel: Kernel) {
    this.functions = new Map(kernel.functions.map((one) => [one.name, one]));
    this.constants = new Map(
      kernel.params.flatMap(({ kind, name }): [string, ConstValue][] => {
        const value = kernel.constants?.[name];
        return kind === "const" && value !== undefined ? [[name, value]] : [];
      }),
    );
  }

  body(statements: readonly Stmt[], frame: Frame, out: Step[]): void {
    for (const stmt of statements) this.statement(stmt, frame, out);
  }

  private statement(stmt: Stmt, frame: Frame, out: Step[]): void {
    (STATEMENTS[stmt.kind] as (flattener: Flattener, stmt: Stmt, frame: Frame, out: Step[]) => void)(
      this,
      stmt,
      frame,
      out,
    );
  }

  unpack(stmt: Of<"unpack">, frame: Frame, out: Step[]): void {
    const items = this.value(stmt.value, frame, out);
    if (!isTuple(items)) throw new ExecutorError("unpacking what is no tuple", stmt.span);
    this.assignAll(stmt.names, items, frame, out, stmt.span);
  }

  for(stmt: Of<"for">, frame: Frame, out: Step[]): void {
    const [start, stop, step] = [stmt.start, stmt.stop, stmt.step].map((one) => this.plain(one, frame, out));
    const counter: Type = { kind: "tile", dtype: loopDType(stop!), shape: [], pointer: false };
    const variable = this.declare(stmt.variable, counter, frame);
    const body = this.inner(stmt.body, frame);
    out.push({ kind: "for", variable, start: start!, stop: stop!, step: step!, body, span: stmt.span });
  }

  while(stmt: Of<"while">, frame: Frame, out: Step[]): void {
    const before: Step[] = [];
    const condition = this.plain(stmt.condition, frame, before);
    out.push({ kind: "while", before, condition, body: this.inner(stmt.body, frame), span: stmt.span });
  }

  if(stmt: Of<"if">, frame: Frame, out: Step[]): void {
    const condition = this.plain(stmt.condition, frame, out);
    const [then, otherwise] = [this.inner(stmt.then, frame), this.inner(stmt.else, frame)];
    out.push({ kind: "if", condition, then, else: otherwise, span: stmt.span });
  }

  private inner(statements: readonly Stmt[], frame: Frame): Step[] {
    const steps: Step[] = [];
    this.body(statements, frame, steps);
    return steps;
  }

  leave({ value, span }: Of<"return">, frame: Frame, out: Step[]): void {
    const { result } = frame;
    if (result === null) throw new ExecutorError("a return that is not the last statement", span);
    if (value !== null) this.copyInto(result.into, this.value(value, frame, out), out, span);
    out.push({ kind: "leave", label: result.label });
  }

  private copyInto(to: Bound, from: Bound, out: Step[], span: Span): void {
    if (isTuple(to)) {
      // All items are read before the first is written: they may be the variables that are written.
      const items = (from as readonly Bound[]).map((item) => this.settle(item, out, span));
      for (const [index, item] of to.entries()) this.copyInto(item, items[index]!, out, span);
    } else if (to.kind === "ref") out.push({ kind: "assign", name: to.name, value: from as Expr, span });
  }

  /** The value in variables of its own, so that later assignments do not change it. */
  private settle(value: Bound, out: Step[], span: Span): Bound {
    if (isTuple(value)) return value.map((item) => this.settle(item, out, span));
    if (value.kind === "literal" || value.type.kind === "descriptor") return value;
    return this.fresh(value, out, span);
  }

  assign(name: string, value: Bound, frame: Frame, out: Step[], span: Span): void {
    if (isTuple(value)) {
      const settled = this.settle(value, out, span) as readonly Bound[];
      const known = frame.names.get(name);
      if (known) this.copyInto(known, settled, out, span);
      else frame.names.set(name, this.variablesLike(settled, frame.prefix + name, out, span));
      return;
    }
    const known = frame.names.get(name);
    if (known === undefined && isText(value)) {
      frame.names.set(name, value);
      return;
    }
    const target =
      known && !isTuple(known) && known.kind === "ref" ? known.name : this.declare(name, value.type, frame);
    out.push({ kind: "assign", name: target, value, span });
  }

  private variablesLike(value: Bound, name: string, out: Step[], span: Span): Bound {
    if (isTuple(value)) return value.map((item, index) => this.variablesLike(item, `${name}.${index}`, out, span));
    const unique = this.unique(name);
    this.variables.set(unique, concrete(value.type));
    out.push({ kind: "assign", name: unique, value, span });
    return { kind: "ref", name: unique, type: concrete(value.type), span };
  }

  private assignAll(
    names: readonly (string | null)[],
    items: readonly Bound[],
    frame: Frame,
    out: Step[],
    span: Span,
  ): void {
    const wanted = items.filter((_item, index) => names[index] != null);
    const settled = wanted.length > 1 ? wanted.map((item) => this.settle(item, out, span)) : wanted;
    const given = names.filter((name) => name != null);
    for (const [index, name] of given.entries()) this.assign(name, settled[index]!, frame, out, span);
  }

  private declare(name: string, type: Type, frame: Frame): string {
    const unique = this.unique(frame.prefix + name);
    const kept = concrete(type);
    this.variables.set(unique, kept);
    frame.names.set(name, { kind: "ref", name: unique, type: kept, span: NOWHERE });
    return unique;
  }

  private unique(name: string): string {
    if (!this.variables.has(name)) return name;
    return `${name}#${this.count++}`;
  }

  private fresh(value: Expr, out: Step[], span: Span): Expr {
    const name = this.unique(`$${this.count++}`);
    const type = concrete(value.type);
    this.variables.set(name, type);
    out.push({ kind: "assign", name, value, span });
    return { kind: "ref", name, type, span };
  }

  effect(value: Expr, frame: Frame, out: Step[]): void {
    const result = this.value(value, frame, out);
    if (!isTuple(result) && result.kind === "op") out.push({ kind: "effect", value: result, span: value.span });
  }

  private plain(expr: Expr, frame: Frame, out: Step[]): Expr {
    const value = this.value(expr, frame, out);
    if (isTuple(value)) throw new ExecutorError("a tuple where one value is needed", expr.span);
    return value;
  }

  /** An expression without calls, tuples and the function's own names; what calls do goes to `out`. */
  value(expr: Expr, frame: Frame, out: Step[]): Bound {
    switch (expr.kind) {
      case "literal":
        return expr;
      case "ref": {
        const constant = this.constants.get(expr.name);
        const bound = frame.names.get(expr.name);
        if (bound !== undefined)
          return isTuple(bound) || bound.kind === "literal" ? bound : { ...bound, span: expr.span };
        if (constant !== undefined) return { kind: "literal", value: constant, type: expr.type, span: expr.span };
        return expr;
      }
      case "tuple":
        return expr.items.map((item) => this.value(item, frame, out));
      case "element": {
        const of = this.value(expr.of, frame, out);
        if (!isTuple(of)) throw new ExecutorError("an element of what is no tuple", expr.span);
        return of[expr.index]!;
      }
      case "call":
        return this.call(expr, frame, out);
      case "op":
        if (expr.op === "select" && (acts(expr.args.a!) || acts(expr.args.b!))) return this.branch(expr, frame, out);
        return expr.args.combine ? this.combining(expr, frame, out) : this.op(expr, frame, out);
    }
  }

  /** An op that asks a function of the author's for each element. */
  private combining(expr: OpExpr, frame: Frame, out: Step[]): Bound {
    const { span } = expr;
    const combine = expr.args.combine as Extract<Expr, { kind: "call" }>;
    const host: Combining = {
      variable: (type) => {
        const name = this.unique(`$${this.count++}`);
        this.variables.set(name, type);
        return { kind: "ref", name, type, span };
      },
      call: (elements, inner) => {
        const result = this.inline(combine.callee, elements, frame.prefix, inner, span);
        return (isTuple(result) ? result : [result]) as readonly Expr[];
      },
    };
    const maps = expr.op === "mapElementwise" || expr.op === "inlineAsm";
    const operands = (maps ? spread(expr) : statesOf(expr.args)).map((arg) =>
      this.fresh(this.plain(arg, frame, out), out, span),
    );
    const results = maps ? mapElements(expr, operands, host, out) : combineAlong(expr, operands, host, out);
    return expr.type.kind === "tuple" ? results : results[0]!;
  }

  /** A choice whose branches do something: only the one that is taken may do it. */
  private branch(expr: Extract<Expr, { kind: "op" }>, frame: Frame, out: Step[]): Bound {
    const { span } = expr;
    const condition = this.plain(expr.args.condition!, frame, out);
    const into = this.resultVariables(expr.type, `${frame.prefix}chosen`, span);
    const [then, otherwise] = [expr.args.a!, expr.args.b!].map((arg) => {
      const steps: Step[] = [];
      this.copyInto(into, this.value(arg, frame, steps), steps, span);
      return steps;
    });
    out.push({ kind: "if", condition, then: then!, else: otherwise!, span });
    return into;
  }

  private op(expr: Extract<Expr, { kind: "op" }>, frame: Frame, out: Step[]): Bound {
    const entries = Object.entries(expr.args).map(([key, arg]) => {
      const value = this.value(arg, frame, out);
      // A descriptor has a place: what is made in the call that takes it gets one.
      const made = !isTuple(value) && value.kind === "op" && value.type.kind === "descriptor";
      return [key, made ? this.fresh(value, out, value.span) : value] as const;
    });
    const parts = entries.map(([, arg]) => arg).find(isTuple);
    // A choice between tuples is one between their elements.
    if (parts)
      return parts.map((part, index) => {
        const args = entries.map(([key, arg]) => [key, isTuple(arg) ? arg[index]! : arg] as const);
        return { ...expr, args: Object.fromEntries(args) as Record<string, Expr>, type: (part as Expr).type };
      });
    const args = Object.fromEntries(entries) as Record<string, Expr>;
    if (expr.op === "dotScaled") return dotOfScaled({ ...expr, args });
    if (expr.op === "dot" && dtypeOf(expr) === "f16") return dotInHalves({ ...expr, args });
    const taken = TUPLES[expr.op];
    if (!taken || expr.type.kind !== "tuple") return { ...expr, args };
    const x = this.fresh(args.x!, out, expr.span);
    const { items } = expr.type;
    return taken.map(([op, attrs], index) => ({
      ...expr,
      op,
      args: { x },
      attrs: { ...expr.attrs, ...attrs },
      type: items[index]!,
    }));
  }

  private call(expr: Extract<Expr, { kind: "call" }>, frame: Frame, out: Step[]): Bound {
    const args = expr.args.map((arg) => this.value(arg, frame, out));
    return this.inline(expr.callee, args, frame.prefix, out, expr.span);
  }

  /** A function put in the place of a call. */
  private inline(name: string, args: readonly Bound[], around: string, out: Step[], span: Span): Bound {
    const callee = this.functions.get(name);
    if (!callee) throw new ExecutorError(`no device function ${name}`, span);
    const prefix = `${around}${name}#${this.count++}.`;
    const names = new Map<string, Bound>();
    const changed = assignedNames(callee.body);
    callee.params.forEach((param, index) => {
      const bound = this.argument(args[index]!, prefix + param.name, changed.has(param.name), out, span);
      names.set(param.name, bound);
    });
    const last = callee.body.at(-1);
    const returns = countReturns(callee.body);
    if (returns === 0 || (returns === 1 && last?.kind === "return")) {
      const inner = { names, prefix, result: null };
      this.body(last?.kind === "return" ? callee.body.slice(0, -1) : callee.body, inner, out);
      return last?.kind === "return" && last.value ? this.value(last.value, inner, out) : [];
    }
    const into = this.resultVariables(callee.result, `${prefix}result`, span);
    const label = this.unique(`${prefix}end`);
    this.variables.set(label, { kind: "void" });
    const body: Step[] = [];
    this.body(callee.body, { names, prefix, result: { label, into } }, body);
    out.push({ kind: "scope", label, body });
    return into;
  }

  /** What a parameter stands for: a constant itself, anything else a variable. */
  private argument(value: Bound, name: string, changed: boolean, out: Step[], span: Span): Bound {
    if (isTuple(value)) return value.map((item, index) => this.argument(item, `${name}.${index}`, changed, out, span));
    if ((value.kind === "literal" && !changed) || value.type.kind === "descriptor") return value;
    const unique = this.unique(name);
    const type = concrete(value.type);
    this.variables.set(unique, type);
    out.push({ kind: "assign", name: unique, value, span });
    return { kind: "ref", name: unique, type, span };
  }

  private resultVariables(type: Type, name: string, span: Span): Bound {
    if (type.kind === "void") return [];
    if (type.kind === "tuple")
      return type.items.map((item, index) => this.resultVariables(item, `${name}.${index}`, span));
    const kept = concrete(type);
    const unique = this.unique(name);
    this.variables.set(unique, kept);
    return { kind: "ref", name: unique, type: kept, span };
  }
}

type Of<K extends Stmt["kind"]> = Extract<Stmt, { kind: K }>;

const STATEMENTS: {
  readonly [K in Stmt["kind"]]: (flattener: Flattener, stmt: Of<K>, frame: Frame, out: Step[]) => void;
} = {
  assign: (flattener, { name, value, span }, frame, out) =>
    flattener.assign(name, flattener.value(value, frame, out), frame, out, span),
  unpack: (flattener, stmt, frame, out) => flattener.unpack(stmt, frame, out),
  effect: (flattener, { value }, frame, out) => flattener.effect(value, frame, out),
  for: (flattener, stmt, frame, out) => flattener.for(stmt, frame, out),
  while: (flattener, stmt, frame, out) => flattener.while(stmt, frame, out),
  if: (flattener, stmt, frame, out) => flattener.if(stmt, frame, out),
  return: (flattener, stmt, frame, out) => flattener.leave(stmt, frame, out),
};

const NOWHERE: Span = { file: "", line: 0, column: 0, endLine: 0, endColumn: 0 };

/** Ops that give a tuple, as the ops that give its elements. */
const TUPLES: Readonly<Record<string, readonly (readonly [string, Readonly<Record<string, number>>])[]>> = {
  maxWithIndex: [
    ["max", {}],
    ["argmax", {}],
  ],
  minWithIndex: [
    ["min", {}],
    ["argmin", {}],
  ],
  split: [
    ["splitPart", { part: 0 }],
    ["splitPart", { part: 1 }],
  ],
};

/** Whether an expression reads memory, or is computed by more than its elements. */
const acts = (expr: Expr): boolean =>
  expr.kind === "call" || isWhole(expr) || opOf(expr)?.reads !== undefined || operands(expr).some(acts);

const isTuple = (value: Bound): value is readonly Bound[] => Array.isArray(value);

const isText = (value: Bound): boolean =>
  !isTuple(value) && value.kind === "literal" && typeof value.value === "string";

/** A loop counts in the dtype of its bound, in 32 bits at least. */
function loopDType(stop: Expr): DType {
  const { type } = stop;
  return type.kind === "tile" && isInteger(type.dtype) && !isNarrow(type.dtype) ? type.dtype : "i32";
}

/** A variable that is given constants holds numbers of a dtype. */
function concrete(type: Type): Type {
  if (type.kind !== "const") return type;
  const dtype = type.of === "float" ? "f32" : type.of === "bool" ? "bool" : "i32";
  return { kind: "tile", dtype, shape: [], pointer: false };
}

function countReturns(body: readonly Stmt[]): number {
  let count = 0;
  for (const stmt of body) {
    if (stmt.kind === "return") count++;
    if (stmt.kind === "for" || stmt.kind === "while") count += countReturns(stmt.body);
    if (stmt.kind === "if") count += countReturns(stmt.then) + countReturns(stmt.else);
  }
  return count;
}
