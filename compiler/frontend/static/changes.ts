import { symbolOf, unwrapped } from "../names.js";
import { written } from "../syntax.js";
import { ts } from "../typescript.mjs";
import type { Unit } from "../unit.js";

/** Methods of JavaScript's own that change what they are called on. */
const CHANGING = new Set(
  "push pop shift unshift splice sort reverse fill copyWithin set add delete clear assign defineProperty defineProperties setPrototypeOf".split(
    " ",
  ),
);

const changes = new WeakMap<ts.SourceFile, readonly ts.Expression[]>();

/** Where a module's constant is changed after it is made: `CFG.scale = 3`, `W[0] = 9`, `BUILDS.push(…)`; undefined where it keeps its value. */
export function changeOf(unit: Unit, symbol: ts.Symbol): ts.Expression | undefined {
  for (const file of unit.program.getSourceFiles()) {
    if (file.isDeclarationFile || unit.program.isSourceFileFromExternalLibrary(file)) continue;
    for (const changed of changesIn(file)) if (owner(unit, changed) === symbol) return changed;
  }
  return undefined;
}

/** Members and lists that a file changes, whatever they belong to. */
export function changesIn(file: ts.SourceFile): readonly ts.Expression[] {
  const known = changes.get(file);
  if (known) return known;
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    const changed = changedBy(node);
    if (changed) found.push(changed);
    ts.forEachChild(node, visit);
  };
  visit(file);
  changes.set(file, found);
  return found;
}

/** The member or the list that a piece of syntax changes. */
function changedBy(node: ts.Node): ts.Expression | undefined {
  const target = ts.isDeleteExpression(node) ? node.expression : written(node);
  if (target) return member(target);
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const { expression: owned, name } = node.expression;
  if (!CHANGING.has(name.text)) return undefined;
  const isObject = ts.isIdentifier(owned) && (owned.text === "Object" || owned.text === "Reflect");
  return isObject ? node.arguments[0] : owned;
}

const member = (node: ts.Expression): ts.Expression | undefined => {
  const inner = unwrapped(node);
  return ts.isPropertyAccessExpression(inner) || ts.isElementAccessExpression(inner) ? inner : undefined;
};

/** The constant that a member belongs to, also under another name: `const c = CFG; c.scale = 3`. */
function owner(unit: Unit, node: ts.Expression): ts.Symbol | null {
  let root = unwrapped(node);
  while (ts.isPropertyAccessExpression(root) || ts.isElementAccessExpression(root)) root = unwrapped(root.expression);
  if (!ts.isIdentifier(root)) return null;
  const symbol = symbolOf(unit, root);
  const declaration = symbol?.valueDeclaration;
  if (!declaration || !ts.isVariableDeclaration(declaration) || !declaration.initializer) return symbol;
  const from = unwrapped(declaration.initializer);
  const isName = ts.isIdentifier(from) || ts.isPropertyAccessExpression(from) || ts.isElementAccessExpression(from);
  return isName ? owner(unit, from) : symbol;
}
