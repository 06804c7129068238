import { resolveName, symbolOf } from "../names.js";
import { isFloatText } from "../numbers.js";
import { ts } from "../typescript.mjs";
import type { Evaluator, Rule } from "./evaluate.js";
import { CONSTANTS } from "./math.js";
import { bool, float, int, list as listOf, resultOf, type Static, text } from "./value.js";

function number(node: ts.NumericLiteral): Static {
  const value = Number(node.text);
  return isFloatText(node.getText()) ? float(value) : int(value);
}

/** The value of a name, of `a.b` or of anything else a symbol stands for. */
function named(node: ts.Node, evaluator: Evaluator): Static | null {
  const { unit, environment } = evaluator;
  const symbol = symbolOf(unit, node);
  if (symbol === null) return null;
  const local = environment.lookup(symbol);
  if (local !== undefined) return local;
  const name = resolveName(unit, node);
  if (name.kind === "global") {
    if (name.path === "undefined") return { kind: "missing" };
    const value = CONSTANTS[name.path];
    return value === undefined ? null : float(value);
  }
  // One that is declared is an expression of its parameters too.
  if (name.kind === "function" && resultOf(name.node))
    return { kind: "function", node: name.node, around: environment };
  return name.kind === "symbol" ? evaluator.moduleConstant(name.symbol) : null;
}

/** A member of a record or list, or a constant of JavaScript or of another module. */
function member(node: ts.PropertyAccessExpression, evaluator: Evaluator): Static | null {
  const direct = evaluator.environment.member?.(node) ?? named(node.name, evaluator);
  if (direct !== null) return direct;
  const owner = evaluator.quiet().evaluate(node.expression);
  if (owner?.kind === "record") return owner.fields.get(node.name.text) ?? { kind: "missing" };
  if (owner?.kind === "list" && node.name.text === "length") return int(owner.items.length);
  return null;
}

function element(node: ts.ElementAccessExpression, evaluator: Evaluator): Static | null {
  const owner = evaluator.evaluate(node.expression);
  const index = evaluator.evaluate(node.argumentExpression);
  if (owner?.kind === "list" && index?.kind === "int" && typeof index.value === "number") {
    return owner.items[index.value] ?? { kind: "missing" };
  }
  if (owner?.kind === "record" && index?.kind === "string") return owner.fields.get(index.value) ?? { kind: "missing" };
  return null;
}

function list(node: ts.ArrayLiteralExpression, evaluator: Evaluator): Static | null {
  const items: Static[] = [];
  for (const element of node.elements) {
    const value = evaluator.evaluate(ts.isSpreadElement(element) ? element.expression : element);
    if (value === null) return null;
    if (!ts.isSpreadElement(element)) items.push(value);
    else if (value.kind === "list") items.push(...value.items);
    else return null;
  }
  return listOf(items);
}

function record(node: ts.ObjectLiteralExpression, evaluator: Evaluator): Static | null {
  const fields = new Map<string, Static>();
  for (const property of node.properties) {
    if (ts.isSpreadAssignment(property)) {
      const value = evaluator.evaluate(property.expression);
      if (value?.kind !== "record") return null;
      for (const [key, field] of value.fields) fields.set(key, field);
    } else if (ts.isPropertyAssignment(property)) {
      const key = ts.isComputedPropertyName(property.name)
        ? evaluator.evaluate(property.name.expression)
        : text(property.name.text);
      const value = evaluator.evaluate(property.initializer);
      if (key?.kind !== "string" || value === null) return null;
      fields.set(key.value, value);
    } else if (ts.isShorthandPropertyAssignment(property)) {
      const value = named(property.name, evaluator);
      if (value === null) {
        evaluator.environment.fail?.(property.name);
        return null;
      }
      fields.set(property.name.text, value);
    } else return null;
  }
  return { kind: "record", fields };
}

const inner = (node: { readonly expression: ts.Expression }, evaluator: Evaluator): Static | null =>
  evaluator.evaluate(node.expression);

export const LITERALS: Readonly<Partial<Record<ts.SyntaxKind, Rule>>> = {
  [ts.SyntaxKind.NumericLiteral]: number,
  [ts.SyntaxKind.StringLiteral]: (node: ts.StringLiteral) => text(node.text),
  [ts.SyntaxKind.NoSubstitutionTemplateLiteral]: (node: ts.NoSubstitutionTemplateLiteral) => text(node.text),
  [ts.SyntaxKind.TrueKeyword]: () => bool(true),
  [ts.SyntaxKind.FalseKeyword]: () => bool(false),
  [ts.SyntaxKind.Identifier]: named,
  [ts.SyntaxKind.PropertyAccessExpression]: member,
  [ts.SyntaxKind.ElementAccessExpression]: element,
  [ts.SyntaxKind.ArrayLiteralExpression]: list,
  [ts.SyntaxKind.ObjectLiteralExpression]: record,
  [ts.SyntaxKind.ParenthesizedExpression]: inner,
  [ts.SyntaxKind.AsExpression]: inner,
  [ts.SyntaxKind.SatisfiesExpression]: inner,
  [ts.SyntaxKind.NonNullExpression]: inner,
  [ts.SyntaxKind.TypeAssertionExpression]: inner,
  [ts.SyntaxKind.ArrowFunction]: (node: ts.ArrowFunction, evaluator: Evaluator): Static => ({
    kind: "function",
    node,
    around: evaluator.environment,
  }),
};
