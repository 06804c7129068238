import { type Dim, dimOp, LIMITS, LimitExceeded } from "../../ir/index.js";
import { type FunctionNode, resolveCallee, symbolOf } from "../names.js";
import { ts } from "../typescript.mjs";
import type { Evaluator, Rule } from "./evaluate.js";
import { FUNCTIONS, WHOLE } from "./math.js";
import { takeApart } from "./patterns.js";
import { float, int, list, plainNumber, resultOf, type Static, text } from "./value.js";

/** The language's functions on sizes. */
const ON_SIZES: Readonly<Record<string, (a: Dim, b: Dim) => Dim>> = {
  floorDiv: (a, b) => dimOp("//", a, b),
  cdiv: (a, b) => dimOp("cdiv", a, b),
  mod: (a, b) => dimOp("%", a, b),
  minimum: (a, b) => dimOp("min", a, b),
  maximum: (a, b) => dimOp("max", a, b),
};

export const isOnSizes = (name: string): boolean => Object.hasOwn(ON_SIZES, name);

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
  const name = resolveCallee(evaluator.unit, node);
  if (name.kind === "global" && ts.isPropertyAccessExpression(callee)) {
    const compute = FUNCTIONS[name.path];
    if (compute !== undefined) return ofNumbers(name.path, compute, node, evaluator);
    if (name.path === "Array.from") return arrayFrom(node, evaluator);
    const made = MAKING_LISTS[name.path];
    if (made !== undefined && node.arguments.length === 1) {
      const value = evaluator.evaluate(node.arguments[0]!);
      return value?.kind === "record" ? list(made(value.fields)) : null;
    }
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
  return ON_LISTS[callee.name.text]!(owner.items, (item, index) => applied(body, [item, int(index)], evaluator));
}

/** What a function of one expression gives for these values. */
function applied(fn: StaticFunction, given: readonly Static[], evaluator: Evaluator): Static | null {
  const result = resultOf(fn.node);
  if (result === null) return null;
  const values = new Map<ts.Symbol, Static>();
  const fits = fn.node.parameters.every((parameter, place) => bind(parameter.name, given[place], values, evaluator));
  return fits ? evaluator.inside(values, fn.around).evaluate(result) : null;
}

type StaticFunction = Extract<Static, { kind: "function" }>;
type Fields = Extract<Static, { kind: "record" }>["fields"];

/** Functions of JavaScript that make lists. */
const MAKING_LISTS: Readonly<Record<string, (fields: Fields) => readonly Static[]>> = {
  "Object.keys": (fields) => [...fields.keys()].map(text),
  "Object.values": (fields) => [...fields.values()],
  "Object.entries": (fields) => [...fields].map(([key, value]) => list([text(key), value])),
};

/** `Array.from({ length: 3 }, (_, i) => …)`, or a copy of a list. */
function arrayFrom(node: ts.CallExpression, evaluator: Evaluator): Static | null {
  const [source, each] = node.arguments.map((argument) => evaluator.evaluate(argument));
  const length = source?.kind === "record" ? source.fields.get("length") : undefined;
  const count = length?.kind === "int" && typeof length.value === "number" ? length.value : undefined;
  if (count !== undefined && count > LIMITS.elements) throw new LimitExceeded("elements");
  const items: readonly Static[] | undefined =
    source?.kind === "list"
      ? source.items
      : count === undefined
        ? undefined
        : new Array<Static>(count).fill({ kind: "missing" });
  if (!items || node.arguments.length > 2) return null;
  if (node.arguments.length === 1) return list(items);
  if (each?.kind !== "function") return null;
  return listOf(items.map((item, index) => applied(each, [item, int(index)], evaluator)));
}

/** Gives the names of a pattern their parts of a value; false where they do not fit. */
const bind = (
  pattern: ts.BindingName,
  value: Static | undefined,
  values: Map<ts.Symbol, Static>,
  evaluator: Evaluator,
): boolean =>
  value !== undefined &&
  takeApart(pattern, value, (name, part) => {
    const symbol = symbolOf(evaluator.unit, name);
    if (symbol !== null) values.set(symbol, part);
    return symbol !== null;
  });

export const CALLS: Readonly<Partial<Record<ts.SyntaxKind, Rule>>> = { [ts.SyntaxKind.CallExpression]: call };
