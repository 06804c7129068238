import {
  combineCaptures,
  notStatic,
  optionsNotLiteral,
  unknownOption,
  wrongArguments,
} from "../diagnostics/catalogue/frontend.js";
import { type Attr, type Attrs, type Dim, type Expr, UNKNOWN } from "../ir/index.js";
import { type Argument, OPS } from "../ops/index.js";
import { bindingOf, isFunctionValue } from "./bindings.js";
import { type Lower, lowerList } from "./expressions/rule.js";
import { fixedDType, fixedFlag, fixedInteger, fixedShape, fixedShapeFlag, fixedSize, fixedText } from "./fixed.js";
import { callOfElements, chosen } from "./functions/index.js";
import { unwrapped } from "./names.js";
import { poison } from "./poison.js";
import type { FunctionValue, Scope } from "./scope.js";
import { memberOf } from "./syntax.js";
import { ts } from "./typescript.mjs";

/** What a call has given so far. */
interface Given {
  readonly args: Record<string, Expr>;
  readonly attrs: Record<string, Attr>;
  /** A function of elements, and how it is called. */
  combines?: { readonly fn: FunctionValue; readonly node: ts.Expression; readonly times: 1 | 2 };
  /** False once something that the op cannot do without was wrong and has been reported. */
  sound: boolean;
}

/** Reads one argument of a call into an operand or an attribute. */
interface Reader {
  readonly read: (node: ts.Expression, name: string, given: Given, scope: Scope, lower: Lower, what: string) => void;
  readonly optional?: boolean;
  /** The front end itself must know the value. */
  readonly known?: boolean;
  /** Takes all arguments that are left. */
  readonly rest?: (
    nodes: readonly ts.Expression[],
    name: string,
    given: Given,
    scope: Scope,
    lower: Lower,
    what: string,
  ) => void;
}

export interface Operation {
  readonly op: string;
  /** The parameters in order, named as in the language. */
  readonly parameters: readonly (readonly [name: string, reader: Reader])[];
  readonly options: Readonly<Record<string, Reader>>;
  readonly fixed: Attrs;
}

const operand: Reader = {
  read: (node, name, given, _scope, lower) => {
    given.args[name] = lower(node);
  },
};

/** `[a, b]` becomes the operands `<prefix>0`, `<prefix>1`. */
const operandList = (prefix: string): Reader => ({
  read: (node, _name, given, scope, _lower, what) => {
    const items = lowerList(node, scope, what);
    if (items === null) given.sound = false;
    else for (const [index, item] of items.entries()) given.args[`${prefix}${index}`] = item;
  },
});

/** `x` or `[x, y]`. */
const state = (prefix: string): Reader => ({
  read: (node, _name, given, scope, lower, what) => {
    const isList = ts.isArrayLiteralExpression(unwrapped(node));
    const items = isList ? lowerList(node, scope, what) : [lower(node)];
    if (items === null || items.length === 0) given.sound = false;
    else for (const [index, item] of items.entries()) given.args[`${prefix}${index}`] = item;
    if (isList) given.attrs.tuple = true;
    if (items?.length === 0) scope.unit.report(notStatic(scope.unit.span(node), { what, kind: "a list of tiles" }));
  },
});

/** The arguments that are left as the operands `<prefix>0`, `<prefix>1`. */
const operandRest = (prefix: string): Reader => ({
  optional: true,
  read: () => {},
  rest: (nodes, _name, given, _scope, lower) => {
    for (const [index, node] of nodes.entries()) given.args[`${prefix}${index}`] = lower(node);
  },
});

const combines = (times: 1 | 2): Reader => ({
  read: (node, _name, given, scope, _lower, what) => {
    const fn = bindingOf(node, scope);
    if (isFunctionValue(fn)) given.combines = { fn, node, times };
    else {
      const instead = "write one in its place, (a, b) => …, or name one";
      scope.unit.report(notStatic(scope.unit.span(node), { what, kind: "a function", instead }));
      given.sound = false;
    }
  },
});

function attribute<T>(
  read: (node: ts.Expression, scope: Scope, what: string) => T | null,
  toAttr: (value: T) => Attr,
  known = false,
): Reader {
  return {
    known,
    read: (node, name, given, scope, _lower, what) => {
      const value = read(node, scope, what);
      if (value === null) given.sound = false;
      else given.attrs[name] = toAttr(value);
    },
  };
}

const integer = attribute(fixedInteger, (value) => value, true);

/** The remaining arguments as a list of axes; no attribute where there are none. */
const order: Reader = {
  optional: true,
  known: true,
  read: () => {},
  rest: (nodes, name, given, scope, _lower, what) => {
    const axes = nodes.map((node) => fixedInteger(node, scope, what));
    if (axes.includes(null)) given.sound = false;
    else if (axes.length > 0) given.attrs[name] = axes as number[];
  },
};

/** `undefined` or `null`. */
const isNothing = (node: ts.Expression): boolean =>
  node.kind === ts.SyntaxKind.NullKeyword || (ts.isIdentifier(node) && node.text === "undefined");

const READERS: Readonly<Record<Extract<Argument, string>, Reader>> = {
  operand,
  "operand or null": {
    read: (node, ...more) => {
      if (!isNothing(node)) operand.read(node, ...more);
    },
  },
  integer,
  "integer?": { ...integer, optional: true },
  axis: {
    known: true,
    read: (node, ...more) => {
      if (!isNothing(node)) integer.read(node, ...more);
    },
  },
  flag: attribute(fixedFlag, (value): Attr => (typeof value === "boolean" ? value : [value])),
  "shape flag": attribute(fixedShapeFlag, (value) => value, true),
  text: attribute(fixedText, (value) => value, true),
  shape: attribute(fixedShape, (value) => value),
  dtype: attribute(fixedDType, (value) => value, true),
  /** A number, or a list of one where it is symbolic. */
  size: attribute(fixedSize, (value: Dim): Attr => (typeof value === "number" ? value : [value])),
  order,
};

function readerOf(one: Argument): Reader {
  if (typeof one === "string") return READERS[one];
  if ("operands" in one) return operandList(one.operands);
  if ("state" in one) return state(one.state);
  return "rest" in one ? operandRest(one.rest) : combines(one.times);
}

const readersOf = (all: Readonly<Record<string, Argument>> = {}): (readonly [string, Reader])[] =>
  Object.entries(all).map(([name, one]) => [name, readerOf(one)]);

/** How the call of each function of the language becomes an op. */
export const OPERATIONS: Readonly<Record<string, Operation>> = Object.fromEntries(
  [...OPS.values()].flatMap(({ name: op, params, options, called = { [op]: {} } }) => {
    if (params === undefined) return [];
    const all = readersOf(params);
    return Object.entries(called).map(([name, fixed]): [string, Operation] => {
      const parameters = all.filter(([parameter]) => !(parameter in fixed));
      return [name, { op, parameters, options: Object.fromEntries(readersOf(options)), fixed }];
    });
  }),
);

/** Reads a call by the table's entry. */
export function readCall(node: ts.CallExpression, name: string, entry: Operation, scope: Scope, lower: Lower): Expr {
  const given: Given = { args: {}, attrs: { ...entry.fixed }, sound: true };
  const left = [...node.arguments];
  for (const [parameter, reader] of entry.parameters) {
    const what = `${parameter} of ${name}`;
    if (reader.rest) {
      const last = left.at(-1);
      const most = last !== undefined && isOptions(last, entry) ? left.length - 1 : left.length;
      reader.rest(left.splice(0, most), parameter, given, scope, lower, what);
    } else if (left.length > 0 && !(reader.optional && isOptions(left[0]!, entry))) {
      reader.read(left.shift()!, parameter, given, scope, lower, what);
    } else if (!reader.optional) return wrongCount(node, name, entry, scope);
  }
  const options = left.shift();
  if (left.length > 0 || (options !== undefined && Object.keys(entry.options).length === 0)) {
    return wrongCount(node, name, entry, scope);
  }
  if (options !== undefined) readOptions(options, name, entry, given, scope, lower);
  if (!given.sound) return poison(node, scope);
  const { args, attrs } = given;
  const op: OpExpr = { kind: "op", op: entry.op, args, attrs, type: { kind: "unknown" }, span: scope.unit.span(node) };
  return given.combines === undefined ? op : combining(op, name, given.combines, node, scope);
}

type OpExpr = Extract<Expr, { kind: "op" }>;

/** An op with the call that stands for all it makes of a function; of a choice between two functions a choice between two ops. */
function combining(
  expr: OpExpr,
  name: string,
  { fn, node, times }: NonNullable<Given["combines"]>,
  at: ts.CallExpression,
  scope: Scope,
): Expr {
  if (fn.kind === "choice") {
    const taken = (side: boolean): Expr =>
      combining(expr, name, { fn: side ? fn.whenTrue : fn.whenFalse, node, times }, at, scope);
    return chosen(fn, taken, at, scope);
  }
  const states = Object.keys(expr.args).length;
  const tuples = times === 2 && expr.attrs.tuple === true;
  const call =
    fn.kind === "operation"
      ? callOperation(fn.name, states * times, at, scope)
      : callOfElements({ ...fn, name: fn.name ?? "combine" }, times === 1 ? states : 2, tuples ? states : 0, at, scope);
  if (call === null) {
    const instead = `${fn.name} takes other arguments than ${states * times} numbers: call it in a function of your own`;
    scope.unit.report(
      notStatic(scope.unit.span(node), { what: `the function of ${name}`, kind: "a function", instead }),
    );
    return poison(at, scope);
  }
  if (call.kind !== "call") return poison(at, scope);
  const captured = call.args.slice(states * times).flatMap((one) => (one.kind === "ref" ? [one.name] : []));
  if (captured.length > 0) {
    scope.unit.report(combineCaptures(scope.unit.span(node), { op: name, names: captured }));
    return poison(at, scope);
  }
  return { ...expr, args: { ...expr.args, combine: call } };
}

/** A function of the language as one of the kernel; null where it takes something else than so many operands. */
function callOperation(name: string, count: number, node: ts.CallExpression, scope: Scope): Expr | null {
  const { parameters, op, fixed } = OPERATIONS[name]!;
  if (parameters.length !== count || parameters.some(([, reader]) => reader !== operand)) return null;
  const { kernel } = scope;
  const span = scope.unit.span(node);
  const names = parameters.map(([parameter]) => parameter);
  if (!kernel.operations.has(name)) {
    const irName = kernel.functionNames.unique(name);
    const args = Object.fromEntries(
      names.map((one): [string, Expr] => [one, { kind: "ref", name: one, type: UNKNOWN, span }]),
    );
    const value: Expr = { kind: "op", op, args, attrs: fixed, type: UNKNOWN, span };
    const params = names.map((one) => ({ name: one, type: UNKNOWN }));
    kernel.order.push({ name: irName, params, body: [{ kind: "return", value, span }], result: UNKNOWN, span });
    kernel.operations.set(name, irName);
  }
  const args = names.map((): Expr => ({ kind: "literal", value: 0, type: UNKNOWN, span }));
  return { kind: "call", callee: kernel.operations.get(name)!, args, type: UNKNOWN, span };
}

/** An object where an optional parameter could stand is the options: `sum(x, { … })` has no axis. */
function isOptions(node: ts.Expression, entry: Operation): boolean {
  return ts.isObjectLiteralExpression(unwrapped(node)) && Object.keys(entry.options).length > 0;
}

function readOptions(
  node: ts.Expression,
  name: string,
  entry: Operation,
  given: Given,
  scope: Scope,
  lower: Lower,
): void {
  const { unit } = scope;
  const literal = unwrapped(node);
  if (!ts.isObjectLiteralExpression(literal)) {
    unit.report(optionsNotLiteral(unit.span(node), { name }));
    return;
  }
  for (const property of literal.properties) {
    const member = memberOf(property);
    if (member === null) {
      unit.report(optionsNotLiteral(unit.span(property), { name }));
      continue;
    }
    const { key, value } = member;
    const reader = entry.options[key.text];
    if (reader === undefined) {
      unit.report(unknownOption(unit.span(key), { name, option: key.text, options: Object.keys(entry.options) }));
    } else if (!isNothing(value)) {
      reader.read(value, key.text, given, scope, lower, `option ${key.text} of ${name}`);
    }
  }
}

function wrongCount(node: ts.CallExpression, name: string, entry: Operation, scope: Scope): Expr {
  const names = entry.parameters.map(([parameter, { optional, rest }]) =>
    rest ? `...${parameter}` : optional ? `${parameter}?` : parameter,
  );
  const expected = names.length === 0 ? "no arguments" : `(${names.join(", ")})`;
  scope.unit.report(wrongArguments(scope.unit.span(node), { name, expected, got: node.arguments.length }));
  return poison(node, scope);
}
