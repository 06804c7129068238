import { ts } from "ts-morph";
import { type Dim, dimOp } from "../../ir/index.js";
import { type FunctionNode, resolveName, symbolOf } from "../names.js";
import type { Evaluator, Rule } from "./evaluate.js";
import { FUNCTIONS, WHOLE } from "./math.js";
import { float, int, list, plainNumber, type Static } from "./value.js";

/** The language's functions on sizes. */
const ON_SIZES: Readonly<Record<string, (a: Dim, b: Dim) => Dim>> = {
  floorDiv: (a, b) => dimOp("//", a, b),
  cdiv: (a, b) => dimOp("cdiv", a, b),
  mod: (a, b) => dimOp("%", a, b),
  minimum: (a, b) => dimOp("min", a, b),
  maximum: (a, b) => dimOp("max", a, b),
};

/** Methods of lists, so that `builds` can be written as a product of choices. */
const ON_LISTS: Readonly<
  Record<string, (items: readonly Static[], each: (item: Static, index: number) => Static | null) => Static | null>
> = {
  map: (items, each) => listOf(items.map(each)),
  flatMap: (items, each) => {
    const lists = items.map(each);
    return listOf(
      lists.flatMap((value): readonly (Static | null)[] => (value?.kind === "list" ? value.items : [value])),
    );
  },
  filter: (items, each) => {
    const kept = items.map(each);
    if (kept.some((value) => value?.kind !== "bool")) return null;
    return listOf(items.filter((_, index) => (kept[index] as { value: boolean }).value));
  },
};

function listOf(items: readonly (Static | null)[]): Static | null {
  return items.includes(null) ? null : list(items as readonly Static[]);
}

function call(node: ts.CallExpression, evaluator: Evaluator): Static | null {
  const callee = node.expression;
  const name = resolveName(evaluator.unit, ts.isPropertyAccessExpression(callee) ? callee.name : callee);
  if (name.kind === "global" && ts.isPropertyAccessExpression(callee)) {
    const compute = FUNCTIONS[name.path];
    if (compute !== undefined) return ofNumbers(name.path, compute, node, evaluator);
    if (ON_LISTS[callee.name.text] !== undefined) return onList(callee, node, evaluator);
  }
  if (name.kind === "function") return ofFunction(name.node, node, evaluator);
  const onSizes = name.kind === "language" ? ON_SIZES[name.name] : undefined;
  if (onSizes === undefined || node.arguments.length !== 2) return null;
  const [a, b] = node.arguments.map((argument) => evaluator.evaluate(argument));
  return a?.kind === "int" && b?.kind === "int" ? int(onSizes(a.value, b.value)) : null;
}

/** Functions that are being computed, so that one which calls itself ends. */
const active = new Set<ts.Node>();

/** A function of the user's that does nothing but return an expression. */
function ofFunction(fn: FunctionNode, node: ts.CallExpression, evaluator: Evaluator): Static | null {
  const result = resultOf(fn);
  if (result === null || active.has(fn)) return null;
  const values = new Map<ts.Symbol, Static>();
  const fits = fn.parameters.every((parameter, place) => {
    const given = node.arguments[place] ?? parameter.initializer;
    const value = given === undefined ? null : evaluator.evaluate(given);
    return value !== null && bind(parameter.name, value, values, evaluator);
  });
  if (!fits) return null;
  active.add(fn);
  try {
    return evaluator.inside(values, { lookup: () => undefined }).evaluate(result);
  } finally {
    active.delete(fn);
  }
}

function resultOf({ body }: FunctionNode): ts.Expression | null {
  if (body === undefined) return null;
  if (!ts.isBlock(body)) return body;
  const only = body.statements.length === 1 ? body.statements[0]! : null;
  return only !== null && ts.isReturnStatement(only) ? (only.expression ?? null) : null;
}

function ofNumbers(
  path: string,
  compute: (...values: number[]) => number,
  node: ts.CallExpression,
  evaluator: Evaluator,
): Static | null {
  const values = node.arguments.map((argument) => evaluator.evaluate(argument));
  const numbers = values.map(plainNumber);
  if (numbers.includes(null)) return null;
  const value = compute(...(numbers as number[]));
  const keeps = /^Math\.(abs|max|min)$/.test(path) && values.every((one) => one?.kind === "int");
  return (WHOLE.has(path) || keeps) && Number.isInteger(value) ? int(value) : float(value);
}

function onList(callee: ts.PropertyAccessExpression, node: ts.CallExpression, evaluator: Evaluator): Static | null {
  const owner = evaluator.evaluate(callee.expression);
  const argument = node.arguments[0];
  const body = argument === undefined ? null : evaluator.evaluate(argument);
  if (owner?.kind !== "list" || body?.kind !== "function") return null;
  const { node: fn, around } = body;
  if (ts.isBlock(fn.body)) return null;
  const result = fn.body;
  return ON_LISTS[callee.name.text]!(owner.items, (item, index) => {
    const values = new Map<ts.Symbol, Static>();
    const given = [item, int(index)];
    const fits = fn.parameters.every((parameter, place) => bind(parameter.name, given[place], values, evaluator));
    return fits ? evaluator.inside(values, around).evaluate(result) : null;
  });
}

/** Gives the names of a pattern their parts of a value; false where they do not fit. */
function bind(
  pattern: ts.BindingName,
  value: Static | undefined,
  values: Map<ts.Symbol, Static>,
  evaluator: Evaluator,
): boolean {
  if (value === undefined) return false;
  if (ts.isIdentifier(pattern)) {
    const symbol = symbolOf(evaluator.unit, pattern);
    if (symbol === null) return false;
    values.set(symbol, value);
    return true;
  }
  return pattern.elements.every((element, index) => {
    if (ts.isOmittedExpression(element)) return true;
    if (element.dotDotDotToken !== undefined) return false;
    const key = element.propertyName ?? element.name;
    const part =
      value.kind === "list"
        ? value.items[index]
        : value.kind === "record" && ts.isIdentifier(key)
          ? value.fields.get(key.text)
          : undefined;
    return bind(element.name, part, values, evaluator);
  });
}

export const CALLS: Readonly<Partial<Record<ts.SyntaxKind, Rule>>> = { [ts.SyntaxKind.CallExpression]: call };
