import { unsupportedSyntax, wrongArguments } from "../../diagnostics/catalogue/frontend.js";
import type { Expr } from "../../ir/index.js";
import { anyOp, hasEffect } from "../../ops/index.js";
import { type Given, valuesOf } from "../arguments.js";
import { lowerExpression } from "../expressions/index.js";
import { staticLiteral } from "../expressions/literals.js";
import { element, memberNames } from "../expressions/members.js";
import { fixedValue } from "../fixed.js";
import { poison } from "../poison.js";
import type { LoweredFunction, LoweredParameter, Scope } from "../scope.js";
import { ts } from "../typescript.mjs";
import { reject } from "./parameters.js";

export function argumentsOf(
  node: ts.CallExpression,
  name: string,
  callee: LoweredFunction,
  given: readonly (Given | null)[],
  all: readonly (Given | null)[],
  scope: Scope,
): readonly Expr[] | null {
  const { parameters } = callee;
  const spread = node.arguments.find(ts.isSpreadElement);
  const missing = parameters.some(
    ({ node: { initializer }, missing }, place) => given[place] === undefined && initializer === undefined && !missing,
  );
  // A rest parameter is reported where it is declared.
  if (parameters.some(({ node: parameter }) => parameter.dotDotDotToken)) return null;
  if (spread !== undefined) {
    scope.unit.report(
      unsupportedSyntax(scope.unit.span(spread), { what: "a spread", instead: "write every argument" }),
    );
    return null;
  }
  const further = given.slice(parameters.length);
  if (missing || (further.length > 0 && !isIgnored(further, parameters, node, scope))) {
    const expected = `(${parameters.map(({ node: parameter }) => parameter.name.getText()).join(", ")})`;
    scope.unit.report(wrongArguments(scope.unit.span(node), { name, expected, got: given.length }));
    return null;
  }
  return parameters.flatMap((parameter, index): readonly Expr[] => {
    const argument = all[index] ?? null;
    if (parameter.missing) return [];
    if (argument === null) return [defaultValue(parameter.node.initializer!, scope)];
    if (argument.kind === "value" && parameter.members !== null) {
      if (argument.node !== null) return membersOfArgument(argument.node, parameter.members, scope);
      reject(parameter.node, "taking one number apart", scope);
    }
    return valuesOf(argument);
  });
}

/** As in TypeScript, a function that is a value may take fewer arguments than its type says; what it does not take must do nothing. */
function isIgnored(
  further: readonly (Given | null)[],
  parameters: readonly LoweredParameter[],
  node: ts.CallExpression,
  scope: Scope,
): boolean {
  const signature = scope.unit.checker.getResolvedSignature(node);
  const isOwn = signature?.declaration === parameters[0]?.node.parent;
  if (isOwn || (signature?.parameters.length ?? 0) < parameters.length + further.length) return false;
  return !further.some((one) => one?.kind === "value" && anyOp(one.lower(), hasEffect));
}

/** A default value stands in another function: only what is known without running anything can be put in its place. */
function defaultValue(node: ts.Expression, scope: Scope): Expr {
  const value = fixedValue(node, scope);
  const literal = value === null ? null : staticLiteral(value, node, scope);
  if (literal !== null) return literal;
  const instead = "give it a number, or pass the argument";
  scope.unit.report(unsupportedSyntax(scope.unit.span(node), { what: "this default value", instead }));
  return poison(node, scope);
}

/** The members that an object or array pattern takes from an argument. */
function membersOfArgument(
  argument: ts.Expression,
  members: readonly (string | number)[],
  scope: Scope,
): readonly Expr[] {
  const value = lowerExpression(argument, scope);
  const names = memberNames(argument, scope);
  const indices = members.map((member) => (typeof member === "number" ? member : names.indexOf(member)));
  if (value.kind === "tuple") return indices.map((index) => value.items[index] ?? poison(argument, scope));
  if (value.kind !== "ref" && value.kind !== "literal") {
    const instead = "give it a name first: const parts = …";
    scope.unit.report(
      unsupportedSyntax(scope.unit.span(argument), { what: "taking this value apart in a call", instead }),
    );
  }
  return indices.map((index) => element(value, Math.max(index, 0), argument, scope));
}
