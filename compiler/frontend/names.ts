import { isBuiltin } from "node:module";
import { notAConstant, unknownName } from "../diagnostics/catalogue/frontend.js";
import type { Diagnostic } from "../diagnostics/index.js";
import { insteadOfName } from "./foreign.js";
import { importProblem } from "./imports.js";
import { isOfLanguage, isOfLibrary } from "./language-files.js";
import { ts } from "./typescript.mjs";
import type { Unit } from "./unit.js";

/** What an identifier or `a.b` refers to, followed through imports, re-exports, namespaces and aliases. */
export type Named =
  | { readonly kind: "language"; readonly name: string }
  /** Of JavaScript itself: "Math.sin", "Infinity". */
  | { readonly kind: "global"; readonly path: string }
  | { readonly kind: "function"; readonly name: string; readonly node: FunctionNode }
  | { readonly kind: "symbol"; readonly symbol: ts.Symbol }
  | { readonly kind: "unresolved" };

export type FunctionNode = ts.FunctionDeclaration | ts.ArrowFunction | ts.FunctionExpression;

/** The symbol behind a name, with aliases followed; null where tsc cannot find it. */
export function symbolOf(unit: Unit, node: ts.Node): ts.Symbol | null {
  const { symbols } = unit.whole;
  let symbol = symbols.get(node);
  if (symbol === undefined) {
    symbol = findSymbol(unit.checker, node);
    symbols.set(node, symbol);
  }
  return symbol;
}

function findSymbol(checker: ts.TypeChecker, node: ts.Node): ts.Symbol | null {
  const found =
    ts.isShorthandPropertyAssignment(node.parent) && node.parent.name === node
      ? checker.getShorthandAssignmentValueSymbol(node.parent)
      : checker.getSymbolAtLocation(node);
  if (found === undefined) return null;
  const symbol = found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found;
  return symbol.declarations === undefined && symbol.name !== "undefined" ? null : symbol;
}

/** The problem with a name that tsc cannot find. */
export function missingName(unit: Unit, node: ts.Identifier): Diagnostic {
  const declaration = unit.checker.getSymbolAtLocation(node)?.declarations?.[0];
  const imported = declaration === undefined ? undefined : ts.findAncestor(declaration, ts.isImportDeclaration);
  if (declaration !== undefined && imported !== undefined) {
    const instead = "call it in the program that launches, and pass what it gives as a parameter";
    return isBuiltin((imported.moduleSpecifier as ts.StringLiteral).text)
      ? notAConstant(unit.span(node), { name: node.text, why: "it belongs to Node", instead })
      : importProblem(unit, imported, declaration);
  }
  const around = unit.checker.getSymbolsInScope(node, ts.SymbolFlags.Value).filter(isOfAuthor(unit));
  const instead = insteadOfName(node.text, [...around.map(({ name }) => name), ...unit.language]);
  return unknownName(unit.span(node), { name: node.text, ofLanguage: unit.language.has(node.text), instead });
}

/** What JavaScript itself declares is not what a kernel means. */
const isOfAuthor =
  ({ program }: Unit) =>
  ({ declarations }: ts.Symbol): boolean =>
    declarations?.[0] !== undefined && !program.isSourceFileDefaultLibrary(declarations[0].getSourceFile());

/** Resolves a name; `node` is an identifier or the name after a point. */
export function resolveName(unit: Unit, node: ts.Node): Named {
  const symbol = symbolOf(unit, node);
  if (symbol === null) return { kind: "unresolved" };
  const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
  if (declaration === undefined) return { kind: "global", path: symbol.name };
  const file = declaration.getSourceFile();
  if (isOfLanguage(file) && !isOfLibrary(file)) return { kind: "language", name: symbol.name };
  if (unit.program.isSourceFileDefaultLibrary(file)) return { kind: "global", path: globalPath(symbol, declaration) };
  const node_ = functionOf(symbol.declarations?.find(hasBody) ?? declaration);
  return node_ === null
    ? { kind: "symbol", symbol }
    : { kind: "function", name: functionName(symbol, node_), node: node_ };
}

/** What a call calls: the name, or the one after the point of `tl.load(…)`. */
export function resolveCallee(unit: Unit, { expression }: ts.CallExpression): Named {
  const callee = unwrapped(expression);
  return resolveName(unit, ts.isPropertyAccessExpression(callee) ? callee.name : callee);
}

function globalPath(symbol: ts.Symbol, declaration: ts.Declaration): string {
  const owner = declaration.parent;
  if (ts.isInterfaceDeclaration(owner)) return `${owner.name.text.replace(/Constructor$/, "")}.${symbol.name}`;
  return symbol.name;
}

/** Of a function with overloads: the one that is more than a signature. */
const hasBody = (declaration: ts.Declaration): boolean =>
  ts.isFunctionDeclaration(declaration) && declaration.body !== undefined;

/** The function that a declaration is or holds: `function f() {}`, `const f = () => …`. */
function functionOf(declaration: ts.Declaration): FunctionNode | null {
  if (ts.isFunctionDeclaration(declaration)) {
    return declaration;
  }
  if (!ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return null;
  const value = unwrapped(declaration.initializer);
  return ts.isArrowFunction(value) || ts.isFunctionExpression(value) ? value : null;
}

function functionName(symbol: ts.Symbol, node: FunctionNode): string {
  if (symbol.name !== "default") return symbol.name;
  return node.name?.text ?? "fn";
}

/** The expression without what only the type checker sees: parentheses, `as`, `satisfies`, `!`. */
export function unwrapped(node: ts.Expression): ts.Expression {
  if (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isTypeAssertionExpression(node)
  ) {
    return unwrapped(node.expression);
  }
  return node;
}
