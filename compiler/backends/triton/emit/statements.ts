import { type Expr, isFlag, type Shape, type Span, type Stmt } from "../../../ir/index.js";
import { dimPy, LEVEL, materialize, type Py, settle, sizeConditionPy, within } from "../../../ops/index.js";
import { expressionPy, valuePy } from "./expression.js";
import type { FunctionText } from "./function-text.js";

type Rule<K extends Stmt["kind"]> = (stmt: Extract<Stmt, { kind: K }>, text: FunctionText) => void;

export function emitBody(body: readonly Stmt[], text: FunctionText, span: Span): void {
  text.indented(() => {
    const before = text.lines.length;
    emitAll(body, text);
    if (text.lines.length === before) text.line("pass", span);
  });
}

/**
 * Triton goes on behind an `if` of constants that has returned, up to where types or static assertions do not fit: what follows such an `if` is
 * its `else`, or has a condition of its own.
 */
function emitAll(body: readonly Stmt[], text: FunctionText): void {
  for (const [index, stmt] of body.entries()) {
    const rest = body.slice(index + 1);
    const returned = rest.length > 0 && stmt.kind === "if" ? returnedPy([stmt], text) : false;
    if (typeof returned === "boolean") {
      emit(stmt, text);
      continue;
    }
    const joined = withElse(stmt as If, rest);
    emit(joined ?? stmt, text);
    if (joined) return;
    text.line(`if not (${returned}):`, rest[0]!.span);
    emitBody(rest, text, rest[0]!.span);
    return;
  }
}

type If = Extract<Stmt, { kind: "if" }>;

const emit = (stmt: Stmt, text: FunctionText): void => (RULES[stmt.kind] as Rule<Stmt["kind"]>)(stmt as never, text);

/** Whether statements have returned when they have run: always, never, or where constants say so; never too where a value decides. */
function returnedPy(body: readonly Stmt[], text: FunctionText): string | boolean {
  const texts: string[] = [];
  for (const stmt of body) {
    if (stmt.kind === "return") return true;
    if (stmt.kind !== "if") continue;
    const [then, otherwise] = [returnedPy(stmt.then, text), returnedPy(stmt.else, text)];
    if (then === true && otherwise === true) return true;
    if (stmt.condition.type.kind !== "const") continue;
    const condition = `(${conditionPy(stmt.condition, text)})`;
    if (then !== false) texts.push(then === true ? condition : `${condition} and ${then}`);
    if (otherwise !== false) texts.push(otherwise === true ? `not ${condition}` : `not ${condition} and ${otherwise}`);
  }
  if (texts.length === 0) return false;
  return texts.length === 1 ? texts[0]! : `(${texts.join(" or ")})`;
}

/** An `if` whose branches return but for the last one, with what follows it there; undefined for others. */
function withElse(stmt: If, rest: readonly Stmt[]): If | undefined {
  if (stmt.then.at(-1)?.kind !== "return") return undefined;
  const [only] = stmt.else;
  if (!only) return { ...stmt, else: rest };
  const joined = stmt.else.length === 1 && only.kind === "if" ? withElse(only, rest) : undefined;
  return joined && { ...stmt, else: [joined] };
}

/** Python's augmented assignments for `x = x + …`. */
const AUGMENTED: Readonly<Record<string, string>> = {
  add: "+=",
  sub: "-=",
  mul: "*=",
  addPtr: "+=",
  bitAnd: "&=",
  bitOr: "|=",
  bitXor: "^=",
  and: "&=",
  or: "|=",
};

/** `acc += …`, where the value is the variable combined with something. */
function augmented(stmt: Extract<Stmt, { kind: "assign" }>, text: FunctionText): string | null {
  const { value } = stmt;
  if (stmt.declares || value.kind !== "op") return null;
  const [first, second] = Object.values(value.args) as [Expr, Expr];
  const operator = AUGMENTED[value.op];
  if (operator === undefined || first.kind !== "ref" || first.name !== stmt.name) return null;
  // `p -= n` was turned into an addition of −n.
  if (value.op === "addPtr" && second.kind === "op" && second.op === "neg")
    return `-= ${within(expressionPy(second.args.x!, text), LEVEL.sum + 1)}`;
  return `${operator} ${expressionPy(second, text).text}`;
}

const RULES: { readonly [K in Stmt["kind"]]: Rule<K> } = {
  assign: (stmt, text) => {
    if (stmt.value.type.kind === "const") {
      text.declareConstant(stmt.name, expressionPy(stmt.value, text), stmt.span);
      return;
    }
    const short = augmented(stmt, text) ?? `= ${settle(expressionPy(stmt.value, text), stmt.value.type).text}`;
    text.line(`${text.names.of(stmt.name)} ${short}`, stmt.span);
  },
  unpack: (stmt, text) => {
    const names = stmt.names.map((name) => (name === null ? text.unused() : text.names.of(name)));
    text.line(
      `${names.join(", ")}${names.length === 1 ? "," : ""} = ${expressionPy(stmt.value, text).text}`,
      stmt.span,
    );
  },
  effect: (stmt, text) => text.line(expressionPy(stmt.value, text).text, stmt.span),
  for: (stmt, text) => {
    text.line(`for ${text.names.of(stmt.variable)} in ${iterator(stmt, text)}:`, stmt.span);
    if (stmt.static) text.inStaticLoop(() => emitBody(stmt.body, text, stmt.span));
    else emitBody(stmt.body, text, stmt.span);
  },
  while: (stmt, text) => {
    text.line(`while ${conditionPy(stmt.condition, text)}:`, stmt.span);
    emitBody(stmt.body, text, stmt.span);
  },
  if: (stmt, text) => emitIf(stmt, text, "if"),
  return: (stmt, text) => text.line(returnText(stmt.value, text), stmt.span),
};

const conditionPy = (condition: Expr, text: FunctionText): string => expressionPy(condition, text).text;

/** `else if` reads as `elif`, however deep. */
function emitIf(stmt: Extract<Stmt, { kind: "if" }>, text: FunctionText, keyword: "if" | "elif"): void {
  text.line(`${keyword} ${conditionPy(stmt.condition, text)}:`, stmt.span);
  emitBody(stmt.then, text, stmt.span);
  const [only] = stmt.else;
  if (stmt.else.length === 1 && only!.kind === "if") emitIf(only!, text, "elif");
  else if (stmt.else.length > 0) {
    text.line("else:", stmt.span);
    emitBody(stmt.else, text, stmt.span);
  }
}

function returnText(value: Expr | null, text: FunctionText): string {
  if (value === null) return "return";
  if (value.kind === "tuple" && value.items.length > 1)
    return `return ${value.items.map((item) => valuePy(item, text).text).join(", ")}`;
  return `return ${valuePy(value, text).text}`;
}

/** The options of `tl.range`. */
const OPTIONS: Readonly<Record<string, string>> = {
  numStages: "num_stages",
  loopUnrollFactor: "loop_unroll_factor",
  flatten: "flatten",
  disallowAccMultiBuffer: "disallow_acc_multi_buffer",
  warpSpecialize: "warp_specialize",
  disableLicm: "disable_licm",
};

function iterator(stmt: Extract<Stmt, { kind: "for" }>, text: FunctionText): string {
  const options = Object.entries(stmt.options).flatMap(([name, value]) => {
    const python = OPTIONS[name];
    if (python === undefined || value === false) return [];
    if (!Array.isArray(value)) return [`${python}=True`];
    const write = isFlag(name) ? sizeConditionPy : dimPy;
    return [`${python}=${write((value as Shape)[0]!, (one) => text.names.of(one)).text}`];
  });
  const name = stmt.static ? "tl.static_range" : options.length > 0 ? "tl.range" : "range";
  const step = boundPy(stmt.step, text);
  const bounds = [boundPy(stmt.start, text), boundPy(stmt.stop, text), ...(step.text === "1" ? [] : [step])];
  return `${name}(${[...bounds.map((bound) => bound.text), ...options].join(", ")})`;
}

const boundPy = (bound: Expr, text: FunctionText): Py => {
  const piece = expressionPy(bound, text);
  return bound.type.kind === "const" || bound.kind === "literal" ? piece : materialize(piece, bound.type);
};
