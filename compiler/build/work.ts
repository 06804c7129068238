/** What a program of a kernel moves and computes, read from its IR. */
import { flatten, type Step } from "../backends/wasm/index.js";
import { DTYPES, type Expr, evaluateDim, isFloat, type Kernel, operands } from "../ir/index.js";
import { elementCount, OPS, scalarValue } from "../ops/index.js";

/** Of all turns of these loops; of a loop whose turns are not known, of one turn. */
export interface Work {
  /** Lines of the loops around it whose turns are not known, outermost first. */
  readonly loops: readonly number[];
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly flops: number;
}

type Sum = { -readonly [K in keyof Work]: Work[K] };
type OpExpr = Extract<Expr, { kind: "op" }>;

/** Of a kernel with its constants, where all sizes are numbers. */
const shapeOf = ({ type }: Expr): readonly number[] => {
  const shape = type.kind === "tile" ? type.shape : type.kind === "descriptor" ? type.block : [];
  return shape.map((size) => evaluateDim(size, {}) ?? 0);
};

const bytesOf = (expr: Expr): number => {
  const { type } = expr;
  return type.kind === "tile" || type.kind === "descriptor"
    ? elementCount(shapeOf(expr)) * DTYPES[type.dtype].bytes
    : 0;
};

const isFloatTile = ({ type }: Expr): boolean => type.kind === "tile" && !type.pointer && isFloat(type.dtype);

/** Ops that choose between numbers and compute none. */
const CHOOSES = new Set(["where", "select"]);
/** Ops along an axis that take one operation for each element of their operand. */
const ALONG = new Set(["sum", "max", "min", "cumsum", "cumprod"]);

/** Operations on floats: one for each element of an elementwise op, two of fma, 2·m·n·k of a product. */
function flopsOf(expr: OpExpr): number {
  if (!isFloatTile(expr) || CHOOSES.has(expr.op)) return 0;
  const elements = elementCount(shapeOf(expr));
  if (expr.op === "dot") return 2 * elements * shapeOf(expr.args.a!).at(-1)!;
  if (expr.op === "fma") return 2 * elements;
  if (ALONG.has(expr.op)) return elementCount(shapeOf(expr.args.x!));
  return OPS.get(expr.op)?.elements ? elements : 0;
}

class Counter {
  readonly sums = new Map<string, Sum>();
  private readonly values = new Map<string, number>();

  constructor(values: Readonly<Record<string, number>>) {
    for (const [name, value] of Object.entries(values)) this.values.set(name, value);
  }

  steps(steps: readonly Step[], loops: readonly number[], times: number): void {
    for (const step of steps) this.step(step, loops, times);
  }

  private step(step: Step, loops: readonly number[], times: number): void {
    switch (step.kind) {
      case "assign": {
        this.expr(step.value, loops, times);
        const value = this.number(step.value);
        if (value === undefined) this.values.delete(step.name);
        else this.values.set(step.name, value);
        return;
      }
      case "effect":
      case "put":
        this.expr(step.value, loops, times);
        return;
      case "if": {
        this.expr(step.condition, loops, times);
        const taken = this.number(step.condition);
        if (taken !== 0) this.steps(step.then, loops, times);
        if (taken === undefined || taken === 0) this.steps(step.else, loops, times);
        if (taken === undefined) this.forget([...step.then, ...step.else]);
        return;
      }
      case "for": {
        const [start, stop, by] = [step.start, step.stop, step.step].map((one) => this.number(one));
        const known = start !== undefined && stop !== undefined && by !== undefined;
        this.forget(step.body, step.variable);
        if (known) this.steps(step.body, loops, times * Math.max(0, Math.ceil((stop - start) / by)));
        else this.steps(step.body, [...loops, step.span.line], times);
        return;
      }
      case "while": {
        this.forget([...step.before, ...step.body]);
        const inner = [...loops, step.span.line];
        this.steps([...step.before, ...step.body], inner, times);
        this.expr(step.condition, inner, times);
        return;
      }
      case "scope":
        this.steps(step.body, loops, times);
        return;
      case "leave":
        return;
    }
  }

  /** What a loop changes is not what it was before. */
  private forget(body: readonly Step[], ...more: readonly string[]): void {
    for (const name of [...more, ...assignedIn(body)]) this.values.delete(name);
  }

  private expr(expr: Expr, loops: readonly number[], times: number): void {
    for (const operand of operands(expr)) this.expr(operand, loops, times);
    if (expr.kind !== "op") return;
    const op = OPS.get(expr.op);
    const [readBytes, writtenBytes] = [op?.reads ? bytesOf(expr) : 0, op?.writes ? bytesOf(expr.args[op.writes]!) : 0];
    const flops = flopsOf(expr);
    if (readBytes + writtenBytes + flops === 0) return;
    const sum = this.sums.get(loops.join()) ?? { loops, readBytes: 0, writtenBytes: 0, flops: 0 };
    sum.readBytes += times * (readBytes + (op?.whole && op.writes ? writtenBytes : 0));
    sum.writtenBytes += times * writtenBytes;
    sum.flops += times * flops;
    this.sums.set(loops.join(), sum);
  }

  /** The value of a number, in program 0, where it follows from what is known. */
  private number(expr: Expr): number | undefined {
    if (expr.kind === "literal") return typeof expr.value === "string" ? undefined : Number(expr.value);
    if (expr.kind === "ref") return this.values.get(expr.name);
    if (expr.kind !== "op" || shapeOf(expr).length > 0 || isFloatTile(expr)) return undefined;
    if (expr.op === "programId") return 0;
    const evaluate = OPS.get(expr.op)?.evaluate;
    const known = Object.entries(expr.args).map(([name, arg]) => [name, this.number(arg)] as const);
    if (!evaluate || known.some(([, value]) => value === undefined)) return undefined;
    const result = evaluate(Object.fromEntries(known.map(([name, value]) => [name, scalarValue(value!)])), expr);
    return "data" in result ? result.data[0] : undefined;
  }
}

function assignedIn(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => {
    switch (step.kind) {
      case "assign":
      case "put":
        return [step.name];
      case "for":
        return [step.variable, ...assignedIn(step.body)];
      case "while":
        return assignedIn([...step.before, ...step.body]);
      case "if":
        return assignedIn([...step.then, ...step.else]);
      case "scope":
        return assignedIn(step.body);
      default:
        return [];
    }
  });
}

/**
 * What program 0 does, with all lanes of a mask set; of branches whose condition is not known, both.
 * @param kernel with its constants
 * @param values of integer parameters, which decide how often loops turn
 */
export function workOf(kernel: Kernel, values: Readonly<Record<string, number>>): readonly Work[] {
  const counter = new Counter(values);
  counter.steps(flatten(kernel).steps, [], 1);
  return [...counter.sums.values()].sort((a, b) => a.loops.length - b.loops.length);
}
