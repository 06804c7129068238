import { resolveCallee, symbolOf } from "./names.js";
import { OPERATIONS } from "./operations.js";
import type { KernelScope } from "./scope.js";
import { assignedIn } from "./statements/counter.js";
import { loopName } from "./statements/loops.js";
import { isOnSizes } from "./static/calls.js";
import { memberOf, someChild } from "./syntax.js";
import { ts } from "./typescript.mjs";
import type { Unit } from "./unit.js";

/**
 * Whether a function has a parameter where the front end itself must know the value: as an axis, an option, a dtype, an index, or as the
 * argument of a function that has its own there. Sizes are no such places, inference finds them.
 */
export function needsKnown(parameter: ts.ParameterDeclaration, unit: Unit, kernel: KernelScope): boolean {
  const { parent: fn, name } = parameter;
  const symbol = ts.isIdentifier(name) ? symbolOf(unit, name) : null;
  const body = "body" in fn ? fn.body : undefined;
  if (symbol === null || body === undefined) return false;
  const found = kernel.needed.get(parameter);
  if (found !== undefined) return found;
  // What a recursive function needs, its other uses say.
  kernel.needed.set(parameter, false);
  const mentions = mentionsOf(symbol, body, unit);
  const visit = (node: ts.Node): boolean => needsHere(node, mentions, unit, kernel) || someChild(node, visit);
  const needed = !assignedIn(body, unit).has(symbol) && visit(body);
  kernel.needed.set(parameter, needed);
  return needed;
}

type Mentions = (node: ts.Node) => boolean;

/** Says where a variable stands, or a constant that the front end computes from it: `const next = (i + 1) % 3`. */
function mentionsOf(symbol: ts.Symbol | null, body: ts.Node, unit: Unit): Mentions {
  const symbols = new Set([symbol]);
  const mentions = (one: ts.Node): boolean =>
    (ts.isIdentifier(one) && symbols.has(symbolOf(unit, one))) || someChild(one, mentions);
  const computes = (one: ts.Node): boolean => {
    const named = ts.isCallExpression(one) ? resolveCallee(unit, one) : null;
    return (named?.kind === "language" && !isOnSizes(named.name)) || someChild(one, computes);
  };
  const visit = (one: ts.Node): void => {
    if (ts.isVariableDeclaration(one) && ts.isIdentifier(one.name) && one.parent.flags & ts.NodeFlags.Const)
      if (one.initializer && mentions(one.initializer) && !computes(one.initializer))
        symbols.add(symbolOf(unit, one.name));
    ts.forEachChild(one, visit);
  };
  visit(body);
  return mentions;
}

function needsHere(node: ts.Node, mentions: Mentions, unit: Unit, kernel: KernelScope): boolean {
  if (ts.isElementAccessExpression(node)) return mentions(node.argumentExpression);
  if (ts.isForOfStatement(node)) return mentions(node.expression) && picks(node, unit, kernel);
  if (!ts.isCallExpression(node)) return false;
  const named = resolveCallee(unit, node);
  if (named.kind === "language") return needsOfOperation(node, named.name, mentions);
  if (named.kind !== "function") return false;
  return node.arguments.some((one, place) => {
    const parameter = named.node.parameters[place];
    return parameter !== undefined && mentions(one) && needsKnown(parameter, unit, kernel);
  });
}

function needsOfOperation(node: ts.CallExpression, name: string, mentions: Mentions): boolean {
  const entry = OPERATIONS[name];
  if (entry === undefined) return false;
  const { parameters, options } = entry;
  return node.arguments.some((one, place) => {
    if (ts.isObjectLiteralExpression(one))
      return one.properties.some((property) => {
        const member = memberOf(property);
        return member !== null && options[member.key.text]?.known === true && mentions(member.value);
      });
    const [, reader] = parameters[Math.min(place, parameters.length - 1)] ?? [];
    return reader?.known === true && mentions(one);
  });
}

/**
 * Whether the front end must know the variable of an unrolled loop, or a shift by it that may be a size: the IR has no names for what comes
 * of these.
 */
export function picks(node: ts.ForOfStatement, unit: Unit, kernel: KernelScope): boolean {
  const name = loopName(node);
  const symbol = name !== undefined && ts.isIdentifier(name) ? symbolOf(unit, name) : null;
  const mentions = mentionsOf(symbol, node.statement, unit);
  const isShift = (one: ts.Node): boolean =>
    ts.isBinaryExpression(one) && one.operatorToken.kind === ts.SyntaxKind.LessThanLessThanToken && mentions(one.right);
  const picksHere = (one: ts.Node): boolean =>
    isShift(one) || needsHere(one, mentions, unit, kernel) || someChild(one, picksHere);
  return symbol !== null && picksHere(node.statement);
}
