import { TileScriptError } from "../../dsl/errors.js";
import { type DeviceFunction, type Expr, type Kernel, operands, type Stmt, type Type, typeText } from "../ir/index.js";
import { exprText } from "../ir/print.js";
import { type InferContext, OPS, type Op, type OpNode } from "../ops/index.js";
import { parameterType } from "./infer-types.js";
import { sameType } from "./inference/compare.js";

/** A pass made IR that breaks the rules: a mistake of the compiler, not of the user. */
export class InvalidIrError extends TileScriptError {
  override readonly name = "InvalidIrError";
  /** The place and the problem alone, for IR that no pass of this compiler made. */
  readonly finding: string;

  constructor(pass: string, where: string, problem: string) {
    super("invalid-ir", `${pass} made invalid IR at ${where}: ${problem}`, {
      hint: "This is a bug of the compiler; please report it with the kernel.",
    });
    this.finding = `${where}: ${problem}`;
  }
}

/**
 * The definition of legal typed IR, run between passes. Every name is declared once and before its use, every type is known, a
 * variable keeps its type, calls fit their functions, and inferring an op again from its operands changes nothing.
 * @param pass what made the IR, for the message
 */
export function verify(kernel: Kernel, pass: string): Kernel {
  const functions = new Map<string, DeviceFunction>();
  for (const fn of kernel.functions) {
    const names = new Map(fn.params.map(({ name, type }) => [name, type]));
    new Verifier(pass, functions, names, fn.result).body(fn.body);
    functions.set(fn.name, fn);
  }
  const names = new Map(kernel.params.map((param) => [param.name, parameterType(param)]));
  new Verifier(pass, functions, names, null).body(kernel.body);
  return kernel;
}

class Verifier {
  private readonly declared = new Set<string>();
  private readonly pass: string;
  private readonly functions: ReadonlyMap<string, DeviceFunction>;
  private readonly names: Map<string, Type>;
  /** Null in a kernel, which returns nothing. */
  private readonly result: Type | null;

  constructor(
    pass: string,
    functions: ReadonlyMap<string, DeviceFunction>,
    names: Map<string, Type>,
    result: Type | null,
  ) {
    this.pass = pass;
    this.functions = functions;
    this.names = names;
    this.result = result;
    for (const name of names.keys()) this.declared.add(name);
  }

  body(body: readonly Stmt[]): void {
    const before = new Map(this.names);
    for (const stmt of body) (STATEMENTS[stmt.kind] as (stmt: Stmt, verifier: Verifier) => void)(stmt, this);
    // Names of a body end with it.
    this.names.clear();
    for (const [name, type] of before) this.names.set(name, type);
  }

  declare(name: string, type: Type, stmt: Stmt): void {
    if (this.declared.has(name)) this.fail(stmt, `${name} is declared twice`);
    this.declared.add(name);
    this.names.set(name, type);
  }

  assign(name: string, type: Type, stmt: Stmt): void {
    const was = this.names.get(name);
    if (!was) this.fail(stmt, `${name} is assigned before it is declared`);
    if (!sameType(was, type)) this.fail(stmt, `${name} changes from ${typeText(was)} to ${typeText(type)}`);
  }

  carried(names: readonly string[], stmt: Stmt): void {
    for (const name of names) if (!this.names.has(name)) this.fail(stmt, `carries ${name}, which is not declared`);
  }

  condition(expr: Expr, stmt: Stmt): void {
    this.expression(expr);
    const { type } = expr;
    const bool =
      type.kind === "const"
        ? type.of === "bool"
        : type.kind === "tile" && type.dtype === "bool" && type.shape.length === 0;
    if (!bool) this.fail(stmt, `has the condition ${typeText(type)}`);
  }

  returns(value: Expr | null, stmt: Stmt): void {
    const type: Type = value?.type ?? { kind: "void" };
    if (!sameType(type, this.result ?? { kind: "void" })) this.fail(stmt, `returns ${typeText(type)}`);
  }

  expression(expr: Expr): void {
    for (const operand of operands(expr)) this.expression(operand);
    if (expr.type.kind === "unknown") this.fail(expr, "has no type");
    (EXPRESSIONS[expr.kind] as (expr: Expr, verifier: Verifier) => void)(expr, this);
  }

  nameType(name: string): Type | undefined {
    return this.names.get(name);
  }

  callee(name: string): DeviceFunction | undefined {
    return this.functions.get(name);
  }

  fail(at: Stmt | Expr, problem: string): never {
    const text = "type" in at ? ` in ${exprText(at)}` : "";
    throw new InvalidIrError(this.pass, `${at.span.file}:${at.span.line}:${at.span.column}${text}`, problem);
  }
}

const STATEMENTS: { readonly [K in Stmt["kind"]]: (stmt: Extract<Stmt, { kind: K }>, verifier: Verifier) => void } = {
  assign: (stmt, verifier) => {
    verifier.expression(stmt.value);
    if (stmt.declares) verifier.declare(stmt.name, stmt.value.type, stmt);
    else verifier.assign(stmt.name, stmt.value.type, stmt);
  },
  unpack: (stmt, verifier) => {
    verifier.expression(stmt.value);
    const { type } = stmt.value;
    if (type.kind !== "tuple" || type.items.length !== stmt.names.length)
      return verifier.fail(stmt, `unpacks ${typeText(type)}`);
    stmt.names.forEach((name, index) => {
      if (name === null) return;
      if (stmt.declares) verifier.declare(name, type.items[index]!, stmt);
      else verifier.assign(name, type.items[index]!, stmt);
    });
  },
  effect: (stmt, verifier) => verifier.expression(stmt.value),
  for: (stmt, verifier) => {
    for (const bound of [stmt.start, stmt.stop, stmt.step]) verifier.expression(bound);
    verifier.carried(stmt.carried, stmt);
    const bound = [stmt.start, stmt.stop, stmt.step].find(({ type }) => type.kind === "tile")?.type;
    const dtype = bound?.kind === "tile" ? bound.dtype : "i32";
    const constant = stmt.static && bound === undefined;
    verifier.declare(
      stmt.variable,
      constant
        ? { kind: "const", of: "int", dim: { op: "name", args: [stmt.variable] } }
        : { kind: "tile", dtype, shape: [], pointer: false },
      stmt,
    );
    verifier.body(stmt.body);
  },
  while: (stmt, verifier) => {
    verifier.condition(stmt.condition, stmt);
    verifier.carried(stmt.carried, stmt);
    verifier.body(stmt.body);
  },
  if: (stmt, verifier) => {
    verifier.condition(stmt.condition, stmt);
    verifier.carried(stmt.carried, stmt);
    verifier.body(stmt.then);
    verifier.body(stmt.else);
  },
  return: (stmt, verifier) => {
    if (stmt.value !== null) verifier.expression(stmt.value);
    verifier.returns(stmt.value, stmt);
  },
};

const EXPRESSIONS: { readonly [K in Expr["kind"]]: (expr: Extract<Expr, { kind: K }>, verifier: Verifier) => void } = {
  literal: () => {},
  ref: (expr, verifier) => {
    const type = verifier.nameType(expr.name);
    if (type === undefined && expr.type.kind === "const") return;
    if (type === undefined) return verifier.fail(expr, "is not declared");
    if (!sameType(type, expr.type))
      verifier.fail(expr, `is ${typeText(expr.type)}, but was declared as ${typeText(type)}`);
  },
  op: verifyOp,
  call: (expr, verifier) => {
    const fn = verifier.callee(expr.callee);
    if (!fn) return verifier.fail(expr, "calls a function that does not come before it");
    if (fn.params.length !== expr.args.length) verifier.fail(expr, "has another number of arguments than the function");
    fn.params.forEach(({ name, type }, index) => {
      const given = expr.args[index]!.type;
      if (!sameType(given, type)) verifier.fail(expr, `gives ${typeText(given)} for ${name}: ${typeText(type)}`);
    });
    if (!sameType(fn.result, expr.type))
      verifier.fail(expr, `has type ${typeText(expr.type)}, the function ${typeText(fn.result)}`);
  },
  tuple: (expr, verifier) => {
    const { type } = expr;
    const fits = type.kind === "tuple" && type.items.every((item, index) => sameType(item, expr.items[index]!.type));
    if (!fits) verifier.fail(expr, `has type ${typeText(type)}`);
  },
  element: (expr, verifier) => {
    const { type } = expr.of;
    const item = type.kind === "tuple" ? type.items[expr.index] : undefined;
    if (item === undefined || !sameType(item, expr.type)) verifier.fail(expr, `has type ${typeText(expr.type)}`);
  },
};

function verifyOp(expr: OpNode, verifier: Verifier): void {
  const op = OPS.get(expr.op) ?? verifier.fail(expr, "no such op");
  try {
    verifyAgain(op, expr, verifier);
  } catch (error) {
    // Rules are written for what the frontend and other rules give them: whatever one stumbles over was never legal.
    if (error instanceof InvalidIrError) throw error;
    verifier.fail(expr, "has not the operands and attributes of the op");
  }
}

function verifyAgain(op: Op, expr: OpNode, verifier: Verifier): void {
  const context: InferContext = {
    fail: (diagnostic) => verifier.fail(expr, diagnostic.message),
    warn: () => {},
    origins: () => [],
  };
  const again = op.infer(expr, context)!;
  if (!sameType(again.type, expr.type))
    verifier.fail(expr, `has type ${typeText(expr.type)}, but is ${typeText(again.type)}`);
  const moved = again.kind === "op" && Object.entries(again.args).some(([name, arg]) => arg !== expr.args[name]);
  if (moved) verifier.fail(expr, "lacks a conversion of its operands");
}
