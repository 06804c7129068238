import {
  assignedNames,
  type ConstValue,
  type DeviceFunction,
  type Expr,
  type Kernel,
  operands,
  type Span,
  type Stmt,
} from "../../../ir/index.js";
import { statesOf } from "../../../ops/index.js";
import { isWhole, type OpExpr, opOf } from "../ops.js";
import { ExecutorError } from "../unsupported.js";
import { type Combining, combineAlong, mapElements, spread } from "./combining.js";
import { dotInHalves, dotOfScaled } from "./dot-scaled.js";
import { dtypeOf } from "./made.js";
import { flattenBody } from "./statements.js";
import type { Flat, Step } from "./steps.js";
import { type Bound, isTuple, Variables } from "./variables.js";

/** The function being put in place: what its names stand for, and where `return` goes. */
export interface Frame {
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
  flattenBody(flattener, kernel.body, frame, steps);
  return { steps: [{ kind: "scope", label: KERNEL_END, body: steps }], variables: flattener.variables.types };
}

/** What putting a kernel's functions in place shares; `statements.ts` goes through bodies with it. */
export class Flattener {
  readonly variables = new Variables();
  private readonly functions: ReadonlyMap<string, DeviceFunction>;
  private readonly constants: ReadonlyMap<string, ConstValue>;

  constructor(kernel: Kernel) {
    this.functions = new Map(kernel.functions.map((one) => [one.name, one]));
    this.constants = new Map(
      kernel.params.flatMap(({ kind, name }): [string, ConstValue][] => {
        const value = kernel.constants?.[name];
        return kind === "const" && value !== undefined ? [[name, value]] : [];
      }),
    );
  }

  plain(expr: Expr, frame: Frame, out: Step[]): Expr {
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
      variable: (type) => this.variables.nameless(type, span),
      call: (elements, inner) => {
        const result = this.inline(combine.callee, elements, frame.prefix, inner, span);
        return (isTuple(result) ? result : [result]) as readonly Expr[];
      },
    };
    const maps = expr.op === "mapElementwise" || expr.op === "inlineAsm";
    const operands = (maps ? spread(expr) : statesOf(expr.args)).map((arg) =>
      this.variables.fresh(this.plain(arg, frame, out), out, span),
    );
    const results = maps ? mapElements(expr, operands, host, out) : combineAlong(expr, operands, host, out);
    return expr.type.kind === "tuple" ? results : results[0]!;
  }

  /** A choice whose branches do something: only the one that is taken may do it. */
  private branch(expr: Extract<Expr, { kind: "op" }>, frame: Frame, out: Step[]): Bound {
    const { span } = expr;
    const condition = this.plain(expr.args.condition!, frame, out);
    const into = this.variables.forResult(expr.type, `${frame.prefix}chosen`, span);
    const [then, otherwise] = [expr.args.a!, expr.args.b!].map((arg) => {
      const steps: Step[] = [];
      this.variables.copyInto(into, this.value(arg, frame, steps), steps, span);
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
      return [key, made ? this.variables.fresh(value, out, value.span) : value] as const;
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
    const x = this.variables.fresh(args.x!, out, expr.span);
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
    const prefix = `${around}${name}#${this.variables.number()}.`;
    const names = new Map<string, Bound>();
    const changed = assignedNames(callee.body);
    callee.params.forEach((param, index) => {
      names.set(param.name, this.argument(args[index]!, prefix + param.name, changed.has(param.name), out, span));
    });
    const last = callee.body.at(-1);
    const returns = countReturns(callee.body);
    if (returns === 0 || (returns === 1 && last?.kind === "return")) {
      const inner = { names, prefix, result: null };
      flattenBody(this, last?.kind === "return" ? callee.body.slice(0, -1) : callee.body, inner, out);
      return last?.kind === "return" && last.value ? this.value(last.value, inner, out) : [];
    }
    const into = this.variables.forResult(callee.result, `${prefix}result`, span);
    const label = this.variables.named(`${prefix}end`, { kind: "void" }, span).name;
    const body: Step[] = [];
    flattenBody(this, callee.body, { names, prefix, result: { label, into } }, body);
    out.push({ kind: "scope", label, body });
    return into;
  }

  /** What a parameter stands for: a constant itself, anything else a variable. */
  private argument(value: Bound, name: string, changed: boolean, out: Step[], span: Span): Bound {
    if (isTuple(value)) return value.map((item, index) => this.argument(item, `${name}.${index}`, changed, out, span));
    if ((value.kind === "literal" && !changed) || value.type.kind === "descriptor") return value;
    return this.variables.holding(value, name, out, span);
  }
}

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

function countReturns(body: readonly Stmt[]): number {
  let count = 0;
  for (const stmt of body) {
    if (stmt.kind === "return") count++;
    if (stmt.kind === "for" || stmt.kind === "while") count += countReturns(stmt.body);
    if (stmt.kind === "if") count += countReturns(stmt.then) + countReturns(stmt.else);
  }
  return count;
}
