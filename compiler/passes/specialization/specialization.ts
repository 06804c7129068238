import { beyondLimit } from "../../diagnostics/catalogue/limits.js";
import * as problems from "../../diagnostics/catalogue/types.js";
import type { Diagnostic } from "../../diagnostics/index.js";
import {
  attrNames,
  Budget,
  DEFAULT_OPTIONS,
  type DeviceFunction,
  type DType,
  dimNames,
  type Expr,
  exactText,
  type Kernel,
  LIMITS,
  mapOperands,
  operands,
  type Span,
  type Stmt,
  type Type,
  typeText,
  walkExpressions,
} from "../../ir/index.js";
import {
  anyOp,
  convert,
  elementCount,
  hasEffect,
  type InferContext,
  isQuestion,
  OPS,
  shapeOf,
} from "../../ops/index.js";
import { foldExpression } from "../fold-constants.js";
import { decayConstants } from "./decay-constants.js";
import type { Known } from "./known.js";
import { specializeBody } from "./statements.js";

/** What the specialization of one kernel keeps across its functions. */
export class Specialization {
  readonly diagnostics: Diagnostic[] = [];
  /** What the kernel prints as it is built. */
  readonly notes: Diagnostic[] = [];
  /** Specialized functions, callees first. */
  readonly functions: DeviceFunction[] = [];
  private readonly drafts: ReadonlyMap<string, DeviceFunction>;
  private readonly instances = new Map<string, DeviceFunction>();
  /** The first instance of each function, and as it was before it got a name of its own; null once it is among `contents`. */
  private readonly firsts = new Map<
    string,
    { readonly fn: DeviceFunction; readonly instance: DeviceFunction } | null
  >();
  private readonly contents = new Map<string, DeviceFunction>();
  private readonly names = new Set<string>();
  private readonly constants: Known;
  /** How much deeper statements and expressions may be inside one another, those of called functions included. */
  readonly depth = new Budget("nesting");
  private readonly operations = new Budget("operations");
  private readonly work: Budget;

  readonly context: InferContext;

  /**
   * @param constants values of the kernel's `Const` parameters
   * @param warps of a program, where that is known
   */
  constructor(kernel: Kernel, constants: Known, work: Budget, warps?: number) {
    this.work = work;
    this.context = {
      fail: (diagnostic) => {
        this.diagnostics.push(diagnostic);
        return null;
      },
      warn: (diagnostic) => this.diagnostics.push(diagnostic),
      origins: () => [],
      warps,
    };
    this.constants = constants;
    this.drafts = new Map(kernel.functions.map((fn) => [fn.name, fn]));
    this.names.add(kernel.name);
  }

  /** An expression with every constant in its place, computed as far as it is known. */
  expression(expr: Expr, known: Known): Expr {
    this.operations.spend();
    this.work.spend();
    return this.depth.inside(() => this.known(expr, known));
  }

  private known(expr: Expr, known: Known): Expr {
    if (expr.kind === "ref" && known.literals.has(expr.name))
      return { ...known.literals.get(expr.name)!, span: expr.span };
    if (expr.kind === "ref" && known.given.get(expr.name) === false)
      return this.context.fail(problems.leftOut(expr.span, { name: expr.name })) ?? expr;
    if (expr.kind === "op" && isQuestion(expr)) return given(expr, known);
    const perWarp = expr.kind === "op" ? PER_WARP[expr.op] : undefined;
    if (perWarp !== undefined)
      return { ...expr, kind: "literal", value: perWarp * (this.context.warps ?? DEFAULT_OPTIONS.warps) } as Expr;
    if (expr.kind === "op" && expr.op === "select") return this.select(expr, known);
    if (expr.kind === "call") return this.call(expr, known);
    const inner = mapOperands(expr, (operand) => this.expression(operand, known));
    const typed = { ...inner, type: known.type(inner.type) } as Expr;
    const whole = typed.kind === "op" ? { ...typed, attrs: known.attrs(typed.attrs) } : typed;
    return foldExpression(whole);
  }

  /** An expression as it stands in a specialized kernel, where nothing is a constant any more; judged by the numbers it now has. */
  value(expr: Expr, known: Known): Expr {
    const value = decayConstants(this.expression(expr, known), this.context);
    this.check(value);
    return value;
  }

  /** A scalar as its place takes it, where inference did not know yet how large a constant is. */
  valueIn(dtype: DType, expr: Expr, known: Known): Expr {
    const found = this.expression(expr, known);
    const literal = found.kind === "literal" && found.type.kind === "const";
    const value = literal ? found : decayConstants(found, this.context);
    const converted = convert(value, dtype, this.context) ?? decayConstants(value, this.context);
    this.check(converted);
    return converted;
  }

  private check(expr: Expr): void {
    for (const operand of operands(expr)) this.check(operand);
    if (expr.kind === "op") {
      OPS.get(expr.op)!.check?.(expr, this.context);
      checkSize(expr, this.context);
    }
  }

  /** Only the branch that is taken is specialized: the other may hold sizes that make no sense here. */
  private select(expr: Extract<Expr, { kind: "op" }>, known: Known): Expr {
    const condition = this.expression(expr.args.condition!, known);
    if (condition.kind === "literal") return this.expression(condition.value ? expr.args.a! : expr.args.b!, known);
    const [a, b] = [this.expression(expr.args.a!, known), this.expression(expr.args.b!, known)];
    return { ...expr, args: { condition, a, b }, type: known.type(expr.type) };
  }

  private call(expr: Extract<Expr, { kind: "call" }>, known: Known): Expr {
    const fn = this.drafts.get(expr.callee)!;
    const args = expr.args.map((arg) => this.expression(arg, known));
    const instance = this.instance(fn, args, known);
    const kept = args.filter((_, index) => fn.params[index]!.type.kind !== "const");
    return { ...expr, callee: instance.name, args: kept, type: instance.result };
  }

  /** The function for these values of its constants, and of the turns of unrolled loops around the call. */
  private instance(fn: DeviceFunction, args: readonly Expr[], around: Known): DeviceFunction {
    const known = around.forCallee(this.constants);
    const constants = fn.params.flatMap(({ name, type }, index): [string, Expr][] =>
      type.kind === "const" ? [[name, args[index]!]] : [],
    );
    for (const [name, value] of constants) if (value.kind === "literal") known.literals.set(name, value);
    const values = constants.map(([, value]) => (value.kind === "literal" ? exactText(value.value) : ""));
    const types = fn.params.map(({ type }) => known.type(type));
    const key = JSON.stringify([fn.name, values, types, known.type(fn.result), [...around.dims]]);
    const before = this.instances.get(key);
    if (before) return before;
    const params = fn.params
      .map(({ name }, index) => ({ name, type: types[index]! }))
      .filter(({ type }) => type.kind !== "const");
    const body = specializeBody(fn.body, known, this);
    const instance = this.unique({ ...fn, params, body, result: known.type(fn.result) });
    this.instances.set(key, instance);
    return instance;
  }

  /** The instance that does the same, or a new one: the loops around two calls may differ in what does not matter inside. */
  private unique(fn: DeviceFunction): DeviceFunction {
    const first = this.firsts.get(fn.name);
    if (first) this.contents.set(contentOf(first.fn), first.instance);
    const content = first === undefined ? undefined : contentOf(fn);
    const same = content === undefined ? undefined : this.contents.get(content);
    const instance = same ?? { ...fn, name: this.freshName(fn.name) };
    if (!same) this.functions.push(instance);
    if (content !== undefined) this.contents.set(content, instance);
    this.firsts.set(fn.name, first === undefined ? { fn, instance } : null);
    return instance;
  }

  private freshName(name: string): string {
    let fresh = name;
    for (let index = 2; this.names.has(fresh); index++) fresh = `${name}_${index}`;
    this.names.add(fresh);
    return fresh;
  }

  /** What a staticPrint says of its values: constants themselves, of all else the type. */
  print(values: readonly Expr[], known: Known, span: Span): void {
    const texts = values.map((value) => {
      if (anyOp(value, hasEffect)) this.diagnostics.push(problems.printDoes(value.span));
      const found = this.expression(value, known);
      return found.kind === "literal" ? String(found.value) : typeText(found.type);
    });
    this.notes.push(problems.staticPrinted(span, { text: texts.join(" ") }));
  }

  assertion(condition: Expr, message: string, span: Span): void {
    if (condition.kind === "literal" && !condition.value)
      this.diagnostics.push(problems.assertionFailed(span, { message }));
  }
}

/** Elements of a tile whose sizes are known; a scalar is one. */
function elements(expr: Expr): number {
  const shape = shapeOf(expr.type);
  return shape.every((size) => typeof size === "number") ? elementCount(shape as readonly number[]) : 0;
}

/** Triton refuses larger tiles. Said where one comes to be, not where it is used. */
function checkSize(expr: Expr, context: InferContext): void {
  const got = elements(expr);
  if (got > LIMITS.tile && operands(expr).every((operand) => elements(operand) <= LIMITS.tile))
    context.fail(beyondLimit(expr.span, { limit: "tile", got }));
}

/** Text that is equal for equal instances, with the numbers that JSON lacks. It takes longer than all else, so none is made of a single instance. */
const contentOf = ({ name, params, body, result }: DeviceFunction): string =>
  JSON.stringify([name, params, body, result], (_key, value) =>
    typeof value === "bigint" || typeof value === "number" ? exactText(value) : value,
  );

/** What follows from the warps of a build. */
const PER_WARP: Readonly<Record<string, number>> = { numWarps: 1, numThreads: 32 };

/** Whether launches of this build give the optional parameter. */
function given({ op, args, type, span }: Extract<Expr, { kind: "op" }>, known: Known): Expr {
  const x = args.x!;
  const isThere = x.kind !== "ref" || known.given.get(x.name) !== false;
  return { kind: "literal", value: isThere === (op === "isGiven"), type, span };
}

/** True where a loop's variable decides something that must be known: a size, an argument of a function, an assertion. */
export function mustUnroll(variable: string, body: readonly Stmt[]): boolean {
  let must = false;
  const inType = (type: Type): boolean =>
    (type.kind === "tile" && type.shape.some((dim) => dimNames(dim).includes(variable))) ||
    (type.kind === "tuple" && type.items.some(inType));
  walkExpressions(body, (expr) => {
    if (inType(expr.type)) must = true;
    if (expr.kind === "call" && expr.args.some((arg) => arg.type.kind === "const")) must = true;
    if (expr.kind !== "op") return;
    if (expr.op === "staticAssert" || expr.op === "staticPrint") must = true;
    if (attrNames(expr.attrs).includes(variable)) must = true;
  });
  return must;
}
