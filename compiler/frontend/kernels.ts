import { kernelPlace, kernelShape } from "../diagnostics/catalogue/frontend.js";
import { type FunctionNode, resolveName, unwrapped } from "./names.js";
import { ts } from "./typescript.mjs";
import type { Unit } from "./unit.js";

/** A kernel as it is declared: `export const name = kernel(fn, options)`. */
export interface KernelDeclaration {
  readonly name: string;
  readonly doc: string;
  readonly call: ts.CallExpression;
  readonly fn: FunctionNode;
  readonly options: ts.Expression | null;
}

/** Every kernel of a file, in order. */
export function findKernels(unit: Unit, file: ts.SourceFile): readonly KernelDeclaration[] {
  const found: KernelDeclaration[] = [];
  const placed = new Set<ts.Node>();
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const declaration of statement.declarationList.declarations) {
      const call = declaration.initializer === undefined ? null : kernelCall(unit, unwrapped(declaration.initializer));
      if (call === null || !ts.isIdentifier(declaration.name)) continue;
      placed.add(call);
      if (!(statement.declarationList.flags & ts.NodeFlags.Const)) unit.report(kernelPlace(unit.span(call)));
      const kernel = declared(unit, declaration.name, call);
      if (kernel !== null) found.push(kernel);
    }
  }
  reportOthers(unit, file, placed);
  return found;
}

function kernelCall(unit: Unit, node: ts.Node): ts.CallExpression | null {
  if (!ts.isCallExpression(node)) return null;
  const isMember = ts.isPropertyAccessExpression(node.expression);
  const callee = isMember ? node.expression.name : node.expression;
  // Resolving a member takes the type of what it belongs to; for every call of a host program that would check all of it.
  if (!ts.isIdentifier(callee) || (isMember && callee.text !== "kernel")) return null;
  const named = resolveName(unit, callee);
  return named.kind === "language" && named.name === "kernel" ? node : null;
}

function declared(unit: Unit, name: ts.Identifier, call: ts.CallExpression): KernelDeclaration | null {
  const [body, options] = call.arguments;
  const fn = body === undefined ? null : functionOf(unit, unwrapped(body));
  unit.regions.add(call);
  if (fn === null) {
    unit.report(kernelShape(unit.span(call), { what: "kernel() takes the function as its first argument" }));
    return null;
  }
  if (fn.asteriskToken !== undefined || ts.getModifiers(fn)?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword)) {
    unit.report(kernelShape(unit.span(fn), { what: "a kernel is a plain function: not async, no generator" }));
    return null;
  }
  const doc = unit.checker.getSymbolAtLocation(name)?.getDocumentationComment(unit.checker) ?? [];
  return { name: name.text, doc: ts.displayPartsToString(doc), call, fn, options: options ?? null };
}

function functionOf(unit: Unit, node: ts.Expression): FunctionNode | null {
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return node;
  if (!ts.isIdentifier(node)) return null;
  const named = resolveName(unit, node);
  return named.kind === "function" ? named.node : null;
}

/** A kernel that is no module-level const has no name that a bundle could find it by. */
function reportOthers(unit: Unit, file: ts.SourceFile, placed: ReadonlySet<ts.Node>): void {
  const visit = (node: ts.Node): void => {
    if (!placed.has(node) && kernelCall(unit, node) !== null) unit.report(kernelPlace(unit.span(node)));
    ts.forEachChild(node, visit);
  };
  if (/\bkernel\b/.test(file.text)) visit(file);
}
